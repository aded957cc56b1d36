using System.Collections.Concurrent;
using System.Diagnostics;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>
/// Threads that read and write files of tmpfs. The ring would give each such operation to a thread of the kernel, since tmpfs cannot promise not to
/// wait, and both halves of a copy to different ones. Here one thread does a whole chain while its data are in its cache, and goes on to the
/// next without sleeping. A task is its worker's from <see cref="Enqueue"/> until <see cref="TryTakeDone"/> gives it back.
/// </summary>
internal sealed class MemoryWorkers(int wakeup) : IDisposable
{
    private const int MostThreads = 4;
    private const int JoinMs = 500;

    // Nothing done here takes so long, but for a file that somebody holds locked.
    private static readonly long s_stuckAfter = Stopwatch.Frequency / 10;

    private readonly ConcurrentQueue<EngineTask> _waiting = new();
    private readonly ConcurrentQueue<EngineTask> _done = new();
    private readonly Thread?[] _threads = new Thread?[Math.Clamp(Environment.ProcessorCount, 1, MostThreads)];
    private readonly long[] _busySince = new long[MostThreads];
    private readonly int _event = RingNative.CreateEvent(isSemaphore: true);
    private int _started;
    private int _sleeping;
    private int _isTold;
    private volatile bool _isStopping;

    /// <summary>True while something waits for a thread.</summary>
    public bool HasWaiting => !_waiting.IsEmpty;

    /// <summary>True when no thread can be had: all hang, or there are none.</summary>
    public bool IsStuck
    {
        get
        {
            if (_event < 0)
                return true;
            if (_started < _threads.Length)
                return false;
            var limit = Stopwatch.GetTimestamp() - s_stuckAfter;
            for (var i = 0; i < _started; i++)
            {
                if (Volatile.Read(ref _busySince[i]) > limit)
                    return false;
            }

            return true;
        }
    }

    /// <summary>Hands over a task and those behind it by <see cref="EngineTask.Follower"/>. The thread of the engine.</summary>
    public void Enqueue(EngineTask task)
    {
        _waiting.Enqueue(task);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) > 0)
            RingNative.SignalEvent(_event);
        else if (_started < _threads.Length)
            StartThread();
    }

    /// <summary>A task that is over, its followers with it. The thread of the engine, after <see cref="Listen"/>.</summary>
    public bool TryTakeDone([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EngineTask? task) => _done.TryDequeue(out task);

    /// <summary>From now on the engine is woken for what is done.</summary>
    public void Listen()
    {
        Volatile.Write(ref _isTold, 0);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Takes back a task that no thread has begun.</summary>
    public bool TryTakeBack([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EngineTask? task) => _waiting.TryDequeue(out task);

    /// <summary>True when no thread uses anything any more.</summary>
    public bool HasEnded { get; private set; } = true;

    public void Dispose()
    {
        _isStopping = true;
        var isEnded = true;
        for (var i = 0; i < _started; i++)
            RingNative.SignalEvent(_event);
        for (var i = 0; i < _started; i++)
            isEnded &= _threads[i]!.Join(JoinMs);
        HasEnded = isEnded;
        if (isEnded && _event >= 0)
            _ = FileCalls.Close(_event);
    }

    private void StartThread()
    {
        var index = _started;
        Volatile.Write(ref _busySince[index], Stopwatch.GetTimestamp());
        _threads[index] = new Thread(() => Work(index), 256 * 1024) { IsBackground = true, Name = $"rings2-{index}" };
        _started++;
        _threads[index]!.Start();
    }

    private void Work(int index)
    {
        ThreadCredentials.DropResource();
        RingsIdentity? actor = null;
        Span<byte> count = stackalloc byte[8];
        while (!_isStopping)
        {
            Volatile.Write(ref _busySince[index], Stopwatch.GetTimestamp());
            if (_waiting.TryDequeue(out var task))
            {
                Do(task, ref actor);
                continue;
            }

            Volatile.Write(ref _busySince[index], long.MaxValue);
            Interlocked.Increment(ref _sleeping);
            if (_waiting.IsEmpty)
                _ = FileCalls.Read(_event, count);
            Interlocked.Decrement(ref _sleeping);
        }
    }

    private void Do(EngineTask first, ref RingsIdentity? actor)
    {
        var isAllowed = Act(first.Session.Identity, ref actor);
        for (var task = first; task is not null; task = task.Follower)
        {
            task.Outcome = isAllowed ? Transfer(task) : -(int)Core.Errno.EPERM;
            var isHard = (task.Entry.Flags & RingsEntryFlags.HardLink) != 0;
            if (task.Outcome == task.Bytes || isHard)
                continue;
            for (var rest = task.Follower; rest is not null; rest = rest.Follower)
                rest.Outcome = EngineTask.NotRun;
            break;
        }

        _done.Enqueue(first);
        if (Interlocked.Exchange(ref _isTold, 1) == 0)
            RingNative.SignalEvent(wakeup);
    }

    /// <summary>Does a READ or WRITE on the calling thread.</summary>
    public static unsafe int Transfer(EngineTask task) => task.Entry.Operation == RingsOperation.Read
        ? FileCalls.Pread(task.File!.Descriptor, task.Data, (int)task.Entry.Length, (long)task.Entry.Offset)
        : FileCalls.Pwrite(task.File!.Descriptor, task.Data, (int)task.Entry.Length, (long)task.Entry.Offset);

    // Writing takes away the bits of a set-user-id file, unless the writer may keep them: it is done as the client's user. Its real id stays
    // the daemon's, so that no user can send it a signal.
    private static bool Act(RingsIdentity identity, ref RingsIdentity? actor)
    {
        if (ReferenceEquals(identity, actor))
            return true;
        if (actor is { Personality: not 0 })
            ThreadCredentials.Restore();
        actor = null;
        if (identity.Personality != 0 && !ThreadCredentials.Switch(identity.Uid, identity.Gid, identity.Groups))
            return false;
        actor = identity;
        return true;
    }
}
