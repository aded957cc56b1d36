using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Embedded;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>The one store of a simulated cluster: a linearizable map. Requests take effect when they arrive, in the order they arrive.</summary>
public sealed class SimulatedStore(SimulatedWorld world)
{
    private readonly Dictionary<StoreKey, List<(SimulatedHost Host, IStoreWatcher Watcher, SimulatedStoreClient.Subscription Subscription)>> _watchers = [];

    internal StoreMap Map { get; } = new();

    internal SimulatedWorld World { get; } = world;

    /// <summary>What is under a key at this moment, by nobody's request; null when nothing is.</summary>
    public StoreEntry? Peek(StoreKey key) => Map.Get(key);

    /// <summary>Whether anything is below a key.</summary>
    public bool HasAny(StoreKey prefix) => Map.Range(prefix, null, 1).Entries.Count > 0;

    /// <summary>Writes something no node wrote.</summary>
    public void Plant(StoreKey key, byte[] value) => _ = Map.Commit(new StoreTransaction([], [StoreWrite.Put(key, value)]));

    /// <summary>What goes wrong now.</summary>
    public SimulatedFaults Faults { get; set; } = SimulatedFaults.None;

    /// <summary>Until when nothing is done.</summary>
    public long OutageUntilUs { get; set; }

    internal void Watch(SimulatedHost host, StoreKey key, IStoreWatcher watcher, SimulatedStoreClient.Subscription subscription)
    {
        if (!_watchers.TryGetValue(key, out var list))
            _watchers.Add(key, list = []);
        list.Add((host, watcher, subscription));
    }

    internal StoreResult Commit(StoreTransaction transaction)
    {
        var result = Map.Commit(transaction);
        if (result.Outcome != StoreOutcome.Ok || result.Revision == 0)
            return result;
        foreach (var write in transaction.Writes)
        {
            if (write.Value is null || !_watchers.TryGetValue(write.Key, out var list))
                continue;
            list.RemoveAll(w => !w.Host.IsAlive || w.Subscription.IsDisposed);
            foreach (var (host, watcher, subscription) in list)
                Tell(host, watcher, subscription, new StoreEntry(write.Key, write.Value, result.Revision));
        }

        return result;
    }

    private void Tell(SimulatedHost host, IStoreWatcher watcher, SimulatedStoreClient.Subscription subscription, StoreEntry entry)
    {
        void Deliver()
        {
            // What comes while the node is cut off is lost with the stream.
            if (subscription.IsDisposed)
                return;
            if (World.NowUs >= host.CutOffUntilUs)
                watcher.OnChanged(entry);
            else
                host.On(host.CutOffUntilUs + 1, () =>
                {
                    if (!subscription.IsDisposed)
                        watcher.OnBroken();
                });
        }

        if (World.Chance(Faults.WatchBreak))
            host.On(World.NowUs + World.Between(1000, 100_000), () => watcher.OnBroken());
        if (World.Chance(Faults.WatchLoss))
            return;
        // Delays differ, so events of two keys, or of one, change their order.
        host.On(World.NowUs + World.Between(100, Faults == SimulatedFaults.None ? 3000 : 30_000), Deliver);
        if (World.Chance(Faults.WatchRepeat))
            host.On(World.NowUs + World.Between(100, 500_000), Deliver);
    }
}
