namespace Pentode.Locks.Stores.Embedded;

/// <summary>Who watches which key of a store that lives in this process. Thread safe; watchers are called on pool threads.</summary>
internal sealed class WatchTable
{
    private readonly Dictionary<StoreKey, List<Subscription>> _watchers = [];

    internal IDisposable Add(StoreKey key, IStoreWatcher watcher)
    {
        var subscription = new Subscription(this, key, watcher);
        lock (_watchers)
        {
            if (!_watchers.TryGetValue(key, out var list))
                _watchers.Add(key, list = []);
            list.Add(subscription);
        }

        return subscription;
    }

    /// <summary>Tells the watchers of what a transaction put under a revision.</summary>
    internal void Tell(StoreTransaction transaction, long revision)
    {
        foreach (var write in transaction.Writes)
        {
            if (write.Value is null)
                continue;
            lock (_watchers)
            {
                if (!_watchers.TryGetValue(write.Key, out var list))
                    continue;
                foreach (var subscription in list)
                    ThreadPool.UnsafeQueueUserWorkItem(static call => call.To.OnChanged(call.Entry), (To: subscription, Entry: new StoreEntry(write.Key, write.Value, revision)), preferLocal: true);
            }
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_watchers)
        {
            if (_watchers.TryGetValue(subscription.Key, out var list) && list.Remove(subscription) && list.Count == 0)
                _watchers.Remove(subscription.Key);
        }
    }

    private sealed class Subscription(WatchTable table, StoreKey key, IStoreWatcher watcher) : IDisposable
    {
        private volatile bool _isClosed;

        internal StoreKey Key { get; } = key;

        public void Dispose()
        {
            _isClosed = true;
            table.Remove(this);
        }

        internal void OnChanged(StoreEntry entry)
        {
            if (!_isClosed)
                watcher.OnChanged(entry);
        }
    }
}
