namespace Pentode.Locks.Stores;

/// <summary>
/// A linearizable map from keys to values with compare-and-swap transactions: all that the lock engine asks of etcd, PostgreSQL, SQLite or
/// memory. Rules every store keeps (the conformance suite checks them):
/// <list type="bullet">
/// <item>Transactions and reads are linearizable: a read that starts after a write was acknowledged sees it or something later.</item>
/// <item>A transaction is one atomic step and, on the wire, one round trip; on conflict the current values come back with it.</item>
/// <item>The mod revision of one key strictly increases with every put, also across delete and re-create, and is never reused. Every put of one
/// transaction gets the same revision.</item>
/// <item>Calls end in bounded time: the store has its own deadline for each. A write without an answer is <see cref="StoreOutcome.Unknown"/>; the
/// store never repeats a write by itself once it may have been sent.</item>
/// <item>Failures are outcomes, never exceptions. Cancelling ends a read as Unavailable and a write as Unknown.</item>
/// <item>All members are thread safe and completions may come on any thread.</item>
/// </list>
/// </summary>
public interface ILockStore : IAsyncDisposable
{
    /// <summary>Names the store in messages: <c>etcd https://a:2379,https://b:2379</c>, <c>embedded /var/lib/pentode/locks</c>.</summary>
    string Description { get; }

    /// <summary>Runs one transaction.</summary>
    ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default);

    /// <summary>
    /// Keys that begin with <paramref name="prefix"/>, bytewise ordered, those after <paramref name="after"/> when given, at most
    /// <paramref name="limit"/> (1 to 1000).
    /// </summary>
    ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Tells of writes to one key (not of deletes) until the returned object is disposed. Comes back at once; the stream is opened and kept open
    /// behind it. After dispose has returned no new call starts.
    /// </summary>
    IDisposable Watch(StoreKey key, IStoreWatcher watcher);

    /// <summary>Version, state and alarms, asked now.</summary>
    ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default);
}
