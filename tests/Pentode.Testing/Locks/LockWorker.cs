using System.Buffers.Binary;
using System.Text;
using Pentode.Linux;

namespace Pentode.Testing.Locks;

/// <summary>
/// The work of one node under the nemesis: some tasks take random locks in random modes, hold them for a while, read and write the value, and
/// write down what they saw. A use counts from after its grant to the last moment a look at the lock found it held.
/// </summary>
public sealed class LockWorker
{
    private readonly IWorkerLocks _locks;
    private readonly HistoryFile _history;
    private readonly LockWorkerOptions _options;
    private long _values;

    /// <summary>Prepares.</summary>
    public LockWorker(IWorkerLocks locks, HistoryFile history, LockWorkerOptions options)
    {
        _locks = locks;
        _history = history;
        _options = options;
    }

    /// <summary>Works until cancelled; sections in flight are ended.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, _options.Tasks).Select(i => Task.Run(() => WorkAsync(i, stop))));

    private static long NowNs() => ClockCalls.BootTimeNanoseconds();

    private async Task WorkAsync(int index, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(_options.Seed, index));
        while (!stop.IsCancellationRequested)
        {
            // One task of each node is for a lock that is held long, so that faults of seconds meet it held; the others are handed over all the time.
            var isLong = index == 0;
            var name = isLong ? "long" : $"short{random.Next(_options.Locks)}";
            var exclusive = random.Next(100) < 75;
            var isTry = random.Next(100) < 5;
            var holdMs = isLong ? random.Next(_options.LongHoldMs / 2, _options.LongHoldMs) : random.Next(1, 15);
            await SectionAsync(name, exclusive, isTry, holdMs, stop);
            await Task.Delay(random.Next(1, 20), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SectionAsync(string name, bool exclusive, bool isTry, int holdMs, CancellationToken stop)
    {
        var asked = NowNs();
        var held = await _locks.AcquireAsync(name, exclusive, isTry, _options.TimeoutMs);
        var granted = NowNs();
        var entry = new HistoryEntry(_options.Node, held?.Session ?? "", name, exclusive, held?.Token ?? 0, asked, granted, granted, HistoryOutcome.Refused);
        if (held is null)
        {
            if (!isTry)
                _history.Write(entry);
            return;
        }

        if (held.IsLost)
        {
            _history.Write(entry with { Outcome = HistoryOutcome.Lost, SignalledNs = await ToldAsync(held) });
            await held.ReleaseAsync();
            return;
        }

        _history.Write(entry with { Outcome = HistoryOutcome.Killed });
        if (held.Read() is var (value, isSuspect))
            entry = entry with { ValueRead = Convert.ToHexStringLower(value.AsSpan(0, 16)), ValueSuspect = isSuspect };
        if (exclusive)
        {
            var fresh = new byte[64];
            BinaryPrimitives.WriteInt64BigEndian(fresh, granted);
            BinaryPrimitives.WriteInt32BigEndian(fresh.AsSpan(8), (int)Interlocked.Increment(ref _values));
            Encoding.ASCII.GetBytes(_options.Node.PadRight(4)[..4]).CopyTo(fresh, 12);
            entry = entry with { ValueWritten = Convert.ToHexStringLower(fresh.AsSpan(0, 16)) };
            _history.Write(entry with { Outcome = HistoryOutcome.Killed });
            var committed = held.WriteAsync(fresh);
            while (!committed.IsCompleted && Look(held, ref entry))
                await Task.WhenAny(committed, Task.Delay(2, CancellationToken.None));
            entry = entry with { ValueCommitted = await committed };
        }

        var end = granted + (holdMs * 1_000_000L);
        while (Look(held, ref entry) && NowNs() < end && !stop.IsCancellationRequested)
            await Task.Delay(1, CancellationToken.None);
        entry = entry with { Outcome = Look(held, ref entry) ? HistoryOutcome.Released : HistoryOutcome.Lost };
        if (entry.Outcome == HistoryOutcome.Lost)
            entry = entry with { SignalledNs = await ToldAsync(held) };
        await held.ReleaseAsync();
        _history.Write(entry);
    }

    /// <summary>When the loss was told. A look may find it first: the callback gets a second to come.</summary>
    private static async Task<long> ToldAsync(IWorkerLock held)
    {
        for (var i = 0; i < 200 && held.SignalledNs == 0; i++)
            await Task.Delay(5);
        return held.SignalledNs;
    }

    /// <summary>Looks at the lock: while it is held, the moment before the look is one at which it was in use.</summary>
    private static bool Look(IWorkerLock held, ref HistoryEntry entry)
    {
        var now = NowNs();
        if (held.IsLost)
            return false;
        entry = entry with { EndedNs = now };
        return true;
    }
}
