using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Testing.Locks;

namespace Pentode.Tests.Locks;

/// <summary>Managers of several nodes over one memory store, on the real clock.</summary>
internal sealed class LockNodes : IAsyncDisposable
{
    internal static readonly SessionTiming Slow = new(1000, 60_000, 120_000);

    private readonly List<LockManager> _managers = [];

    internal MemoryLockStore.Cluster Cluster { get; } = new();

    internal MetricsRegistry Metrics { get; } = new();

    internal async Task<LockDomain> JoinAsync(string node, LockDomainOptions? options = null, SessionTiming? timing = null, MemoryLockStore? store = null)
    {
        var manager = await StartAsync(node, timing, store);
        var joined = await manager.JoinAsync(LockName.Of("d"), options);
        Assert.Equal(Errno.None, joined.Error);
        return joined.Value;
    }

    internal async Task<LockManager> StartAsync(string node, SessionTiming? timing = null, MemoryLockStore? store = null, ILossActions? actions = null)
    {
        var manager = new LockManager(
            store ?? new MemoryLockStore(Cluster),
            new LockManagerOptions("test", node, timing ?? Slow, KillGraceMs: Math.Min(2000, (timing ?? Slow).HoldMs / 4), ResendMs: 200, RandomSeed: _managers.Count),
            BootClock.Instance,
            NullLog.Instance,
            Metrics,
            actions ?? NoLossActions.Instance);
        _managers.Add(manager);
        Assert.Equal(Errno.None, await manager.StartAsync());
        return manager;
    }

    internal static async Task<LockHandle> Take(LockDomain domain, string name, LockMode mode, int pid = 0, bool excludes = false)
    {
        var result = await domain.AcquireAsync(LockName.Of(name), new AcquireOptions(mode, OpenerPid: pid, ExcludeLocally: excludes)).AsTask().WaitAsync(Patience);
        Assert.Equal(Errno.None, result.Error);
        return result.Value;
    }

    internal static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    internal static async Task Eventually(Func<bool> condition)
    {
        var end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, "did not happen in time");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var manager in _managers)
            await manager.DisposeAsync();
    }
}
