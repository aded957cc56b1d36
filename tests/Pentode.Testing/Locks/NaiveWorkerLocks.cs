using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Testing.Locks;

/// <summary>
/// The lock that everybody writes first: a key attached to an etcd lease, believed in for as long as keep-alives are answered (and, more careful
/// than most, only for the TTL after the last answer). It is here to show that the checker sees what it gets wrong. Shared requests are taken
/// as exclusive ones.
/// </summary>
public sealed class NaiveWorkerLocks : IWorkerLocks
{
    private const int TtlSeconds = 5;

    private readonly EtcdClient _client;
    private readonly string _prefix;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _keeper;
    private long _lease;
    private long _validUntilNs;

    /// <summary>Starts a lease and keeps it alive.</summary>
    public NaiveWorkerLocks(EtcdOptions options, string prefix)
    {
        _client = new EtcdClient(options, NullLog.Instance);
        _prefix = prefix;
        _keeper = Task.Run(KeepAsync);
    }

    /// <inheritdoc/>
    public long RoundTrips => _client.RoundTrips;

    private bool IsAlive => Volatile.Read(ref _lease) != 0 && ClockCalls.BootTimeNanoseconds() < Volatile.Read(ref _validUntilNs);

    /// <inheritdoc/>
    public async Task<IWorkerLock?> AcquireAsync(string name, bool exclusive, bool isTry, int timeoutMs)
    {
        var key = System.Text.Encoding.ASCII.GetBytes(_prefix + name);
        var until = ClockCalls.BootTimeNanoseconds() + (timeoutMs * 1_000_000L);
        while (ClockCalls.BootTimeNanoseconds() < until)
        {
            var lease = Volatile.Read(ref _lease);
            if (lease != 0 && IsAlive)
            {
                // The owner is unique to this request, so that two tasks of one node exclude each other.
                var owner = Guid.NewGuid().ToByteArray();
                var reply = await _client.TxnAsync(
                    new TxnRequest([EtcdCompare.Absent(key)], [EtcdOperation.Put(key, owner, lease)], [EtcdOperation.Get(key)]), CancellationToken.None);
                if (reply.Outcome == EtcdOutcome.Unknown)
                {
                    var read = await _client.RangeAsync(new RangeRequest(key, []), CancellationToken.None);
                    if (read.IsOk && read.Value.Pairs.Count == 1 && read.Value.Pairs[0].Value.AsSpan().SequenceEqual(owner))
                        return new Held(this, key, owner, lease, read.Value.Pairs[0].ModRevision);
                }
                else if (reply.IsOk && reply.Value.Succeeded)
                {
                    return new Held(this, key, owner, lease, reply.Value.Header.Revision);
                }
            }

            if (isTry)
                return null;
            await Task.Delay(15);
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _keeper;
        _client.Dispose();
        _end.Dispose();
    }

    private async Task KeepAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await OneLeaseAsync();
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or InvalidOperationException or TimeoutException)
            {
            }

            Volatile.Write(ref _lease, 0);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    /// <summary>LeaseGrant (TTL 1; answer ID 2), then LeaseKeepAlive (ID 1; answer TTL 3, 0 when it is gone) on one stream.</summary>
    private async Task OneLeaseAsync()
    {
        var writer = new ProtoWriter();
        writer.Number(1, TtlSeconds);
        var (grant, _, _) = await _client.OpenStreamAsync("/etcdserverpb.Lease/LeaseGrant", _end.Token);
        if (grant is null)
            return;
        long id;
        using (grant)
        {
            await grant.SendAsync(writer.ToArray(), _end.Token);
            grant.CompleteSending();
            id = Field(await grant.ReceiveAsync(static _ => { }, _end.Token).WaitAsync(TimeSpan.FromSeconds(2)), 2);
        }

        if (id == 0)
            return;
        var (stream, _, _) = await _client.OpenStreamAsync("/etcdserverpb.Lease/LeaseKeepAlive", _end.Token);
        if (stream is null)
            return;
        using (stream)
        {
            writer = new ProtoWriter();
            writer.Number(1, id);
            while (!_end.IsCancellationRequested)
            {
                await stream.SendAsync(writer.ToArray(), _end.Token);
                var ttl = Field(await stream.ReceiveAsync(static _ => { }, _end.Token).WaitAsync(TimeSpan.FromSeconds(TtlSeconds)), 3);
                if (ttl <= 0)
                    return;
                Volatile.Write(ref _validUntilNs, ClockCalls.BootTimeNanoseconds() + (ttl * 1_000_000_000L));
                Volatile.Write(ref _lease, id);
                await Task.Delay(TtlSeconds * 1000 / 5, _end.Token);
            }
        }
    }

    private static long Field(byte[]? message, int wanted)
    {
        var value = 0L;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            if (field == wanted)
                value = reader.Number();
            else
                reader.Skip();
        }

        return value;
    }

    private sealed class Held(NaiveWorkerLocks owner, byte[] key, byte[] value, long lease, long token) : IWorkerLock
    {
        public string Session => lease.ToString("x", System.Globalization.CultureInfo.InvariantCulture);

        public ulong Token => (ulong)token;

        // Nobody calls back: who looks is told.
        public long SignalledNs => IsLost ? ClockCalls.BootTimeNanoseconds() : 0;

        public bool IsLost => Volatile.Read(ref owner._lease) != lease || !owner.IsAlive;

        public (byte[] Value, bool IsSuspect)? Read() => null;

        public Task<bool> WriteAsync(byte[] bytes) => Task.FromResult(false);

        public async Task ReleaseAsync()
        {
            for (var i = 0; i < 200 && Volatile.Read(ref owner._lease) == lease; i++)
            {
                var reply = await owner._client.TxnAsync(
                    new TxnRequest([EtcdCompare.ValueIs(key, value)], [EtcdOperation.Delete(key)], []), CancellationToken.None);
                if (reply.IsOk)
                    return;
                await Task.Delay(100);
            }
        }
    }
}
