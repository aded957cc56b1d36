using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Embedded;

namespace Pentode.Testing.Locks;

/// <summary>A lock store in memory: what several clients of one store see when all of them are given the same <see cref="Cluster"/>.</summary>
public sealed class MemoryLockStore(MemoryLockStore.Cluster cluster) : ILockStore
{
    private int _transactions;

    /// <summary>A store on data of its own.</summary>
    public MemoryLockStore()
        : this(new Cluster())
    {
    }

    /// <summary>When set, asked before each transaction: an outcome instead of an answer (Unknown still commits, as the worst case does).</summary>
    public Func<StoreTransaction, StoreOutcome>? Inject { get; set; }

    /// <summary>Transactions asked for so far.</summary>
    public int Transactions => Volatile.Read(ref _transactions);

    /// <inheritdoc/>
    public string Description => "memory";

    /// <inheritdoc/>
    public ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default)
    {
        Interlocked.Increment(ref _transactions);
        var injected = Inject?.Invoke(transaction) ?? StoreOutcome.Ok;
        if (injected is not (StoreOutcome.Ok or StoreOutcome.Unknown))
            return new ValueTask<StoreResult>(StoreResult.Failed(injected, "injected"));
        StoreResult result;
        lock (cluster.Map)
            result = cluster.Map.Commit(transaction);
        if (result.Outcome == StoreOutcome.Ok && result.Revision != 0)
            cluster.Watchers.Tell(transaction, result.Revision);
        return new ValueTask<StoreResult>(injected == StoreOutcome.Unknown && transaction.Writes.Count > 0 ? StoreResult.Failed(StoreOutcome.Unknown, "injected") : result);
    }

    /// <inheritdoc/>
    public ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default)
    {
        lock (cluster.Map)
            return new ValueTask<StoreRange>(cluster.Map.Range(prefix, after, limit));
    }

    /// <inheritdoc/>
    public IDisposable Watch(StoreKey key, IStoreWatcher watcher) => cluster.Watchers.Add(key, watcher);

    /// <inheritdoc/>
    public ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default) =>
        new(new StoreInfo(StoreOutcome.Ok, "memory", "1", false, false, [], [], [], null));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <summary>The data all clients share.</summary>
    public sealed class Cluster
    {
        internal StoreMap Map { get; } = new();

        internal WatchTable Watchers { get; } = new();
    }
}
