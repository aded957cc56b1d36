namespace Pentode.Locks.Stores.Embedded;

/// <summary>The contract of <see cref="ILockStore"/> on plain memory: an ordered map with revisions. Not thread safe.</summary>
internal sealed class StoreMap
{
    private readonly Dictionary<StoreKey, StoreEntry> _entries = [];
    private readonly SortedSet<StoreKey> _order = [];

    internal StoreMap(long revision = 0)
    {
        Revision = revision;
    }

    /// <summary>Revision of the last transaction that wrote.</summary>
    internal long Revision { get; private set; }

    internal IEnumerable<StoreEntry> Entries => _order.Select(k => _entries[k]);

    internal StoreEntry? Get(StoreKey key) => _entries.GetValueOrDefault(key);

    /// <summary>Puts what was read from a journal.</summary>
    internal void Load(StoreEntry entry)
    {
        _entries[entry.Key] = entry;
        _order.Add(entry.Key);
        Revision = Math.Max(Revision, entry.ModRevision);
    }

    internal StoreResult Commit(StoreTransaction transaction)
    {
        var holds = true;
        foreach (var compare in transaction.Compares)
            holds &= compare.Holds(Get(compare.Key));
        if (!holds || transaction.Writes.Count == 0)
        {
            var current = new StoreEntry?[transaction.Compares.Count];
            for (var i = 0; i < current.Length; i++)
                current[i] = Get(transaction.Compares[i].Key);
            return holds ? StoreResult.Observed(current) : StoreResult.Conflict(current);
        }

        Revision++;
        foreach (var write in transaction.Writes)
        {
            if (write.Value is null)
            {
                _entries.Remove(write.Key);
                _order.Remove(write.Key);
            }
            else
            {
                _entries[write.Key] = new StoreEntry(write.Key, write.Value, Revision);
                _order.Add(write.Key);
            }
        }

        return StoreResult.Committed(Revision);
    }

    internal StoreRange Range(StoreKey prefix, StoreKey? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var found = new List<StoreEntry>();
        if (_order.Count == 0 || _order.Max < prefix)
            return StoreRange.Found(found, more: false);
        var from = after is { } last && last > prefix ? last : prefix;
        if (from > _order.Max)
            return StoreRange.Found(found, more: false);
        foreach (var key in _order.GetViewBetween(from, _order.Max))
        {
            if (!key.StartsWith(prefix))
                break;
            if (after == key)
                continue;
            if (found.Count == limit)
                return StoreRange.Found(found, more: true);
            found.Add(_entries[key]);
        }

        return StoreRange.Found(found, more: false);
    }
}
