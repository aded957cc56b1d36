using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Testing.Locks;

/// <summary>Locks of a <see cref="LockManager"/> on any store.</summary>
public sealed class PentodeWorkerLocks : IWorkerLocks
{
    private readonly LockManager _manager;
    private LockDomain? _domain;

    private PentodeWorkerLocks(LockManager manager)
    {
        _manager = manager;
    }

    /// <inheritdoc/>
    public long RoundTrips => _manager.Counters.RoundTrips.Value;

    /// <summary>What the node counts.</summary>
    public LockCounters Counters => _manager.Counters;

    /// <summary>Starts a node; the store stays the caller's.</summary>
    public static async Task<PentodeWorkerLocks> StartAsync(ILockStore store, string cluster, string node, SessionTiming timing, ILog log)
    {
        var manager = new LockManager(
            store, new LockManagerOptions(cluster, node, timing, KillGraceMs: timing.HoldMs / 5), BootClock.Instance, log, new MetricsRegistry(), NoLossActions.Instance);
        var error = await manager.StartAsync();
        if (error is Pentode.Core.Errno.EINVAL or Pentode.Core.Errno.EEXIST or Pentode.Core.Errno.EACCES)
            throw new InvalidOperationException($"{error}: {manager.Problem}");
        return new PentodeWorkerLocks(manager);
    }

    /// <inheritdoc/>
    public async Task<IWorkerLock?> AcquireAsync(string name, bool exclusive, bool isTry, int timeoutMs)
    {
        while (_domain is null)
        {
            var joined = await _manager.JoinAsync(LockName.Of("nemesis"), new LockDomainOptions(PersistValues: true));
            if (joined.IsOk)
                _domain = joined.Value;
            else
                await Task.Delay(50);
        }

        var options = new AcquireOptions(exclusive ? LockMode.Exclusive : LockMode.Shared, isTry, timeoutMs, ExcludeLocally: true);
        var result = await _domain.AcquireAsync(LockName.Of(name), options);
        return result.IsOk ? new Held(_manager, result.Value) : null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    private sealed class Held : IWorkerLock, ILockObserver
    {
        private readonly LockHandle _handle;
        private long _signalled;

        public Held(LockManager manager, LockHandle handle)
        {
            _handle = handle;
            Session = manager.SessionId?.ToString() ?? "";
            handle.Observer = this;
        }

        public string Session { get; }

        public ulong Token => _handle.Token;

        public long SignalledNs => Volatile.Read(ref _signalled);

        public bool IsLost => _handle.IsLost;

        public (byte[] Value, bool IsSuspect)? Read()
        {
            var value = new byte[64];
            var state = _handle.ReadValueState();
            return _handle.ReadValue(value).IsOk && state.IsOk ? (value, state.Value == ValueState.Suspect) : null;
        }

        public async Task<bool> WriteAsync(byte[] value) =>
            _handle.WriteValue(value).IsOk && await _handle.FlushAsync() == Pentode.Core.Errno.None;

        public Task ReleaseAsync()
        {
            _handle.Release();
            return Task.CompletedTask;
        }

        public void OnBlocking(LockHandle handle, LockMode wanted)
        {
        }

        public void OnLost(LockHandle handle) => Volatile.Write(ref _signalled, ClockCalls.BootTimeNanoseconds());
    }
}
