using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Nemesis;

/// <summary>A node of this process in one domain, on a store that others may share.</summary>
internal sealed class FiguresNode(LockManager manager, LockDomain domain) : IAsyncDisposable
{
    private const int StartAttempts = 100;
    private const int StartPauseMs = 200;

    /// <summary>Transactions for locks it has sent to the store.</summary>
    public long RoundTrips => manager.Counters.RoundTrips.Value;

    public static async Task<FiguresNode> StartAsync(ILockStore store, string cluster, string name, string domainName = "figures")
    {
        var manager = new LockManager(store, new LockManagerOptions(cluster, name, new SessionTiming()), BootClock.Instance, NullLog.Instance, new MetricsRegistry(), NoLossActions.Instance);
        var error = await manager.StartAsync();
        var domain = await manager.JoinAsync(LockName.Of(domainName));
        // The first calls of a fresh store make its schema, and may take longer than one call is given.
        for (var attempt = 0; domain.Error == Errno.ENOTCONN && attempt < StartAttempts; attempt++)
        {
            await Task.Delay(StartPauseMs);
            domain = await manager.JoinAsync(LockName.Of(domainName));
        }

        return domain.IsOk ? new FiguresNode(manager, domain.Value) : throw new InvalidOperationException($"{error} {domain.Error} {manager.Problem}");
    }

    public async Task<LockHandle> AcquireAsync(string name)
    {
        var result = await domain.AcquireAsync(LockName.Of(name), new AcquireOptions(LockMode.Exclusive));
        return result.IsOk ? result.Value : throw new InvalidOperationException($"{name}: {result.Error}");
    }

    /// <summary>Parties of a lock that wait, as its record says; -1 when the store did not answer in time.</summary>
    public async Task<int> WaitingAsync(string name)
    {
        var listed = await manager.ListAsync(domain.Name);
        return listed.IsOk ? listed.Value.Single(l => l.Name == LockName.Of(name)).Parties.Count(static p => p.Wanted != LockMode.Null) : -1;
    }

    public ValueTask DisposeAsync() => manager.DisposeAsync();
}
