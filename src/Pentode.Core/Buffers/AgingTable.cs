using System.Diagnostics.CodeAnalysis;

namespace Pentode.Core.Buffers;

/// <summary>
/// Remembers what was put or used of late: never more than <c>capacity</c> entries, always the last half of that. Not thread safe.
/// </summary>
/// <typeparam name="TKey">What is looked up.</typeparam>
/// <typeparam name="TValue">What is remembered of it.</typeparam>
public sealed class AgingTable<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private Dictionary<TKey, TValue> _young = [];
    private Dictionary<TKey, TValue> _old = [];

    /// <summary>Entries remembered.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>Finds an entry, which is thereby used.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_young.TryGetValue(key, out value))
            return true;
        if (!_old.Remove(key, out value))
            return false;
        Put(key, value);
        return true;
    }

    /// <summary>Adds or replaces an entry.</summary>
    public void Put(TKey key, TValue value)
    {
        if (_young.Count >= capacity / 2 && !_young.ContainsKey(key))
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        _old.Remove(key);
        _young[key] = value;
    }
}
