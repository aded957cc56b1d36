namespace Pentode.Core.Buffers;

/// <summary>A first-in first-out queue that never grows past its capacity. Not thread safe.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
public sealed class BoundedQueue<T>
{
    private readonly T[] _items;
    private int _head;

    /// <summary>Creates a queue for at most <paramref name="capacity"/> items.</summary>
    public BoundedQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _items = new T[capacity];
    }

    /// <summary>Items in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>Most items the queue takes.</summary>
    public int Capacity => _items.Length;

    /// <summary>Appends; false when full.</summary>
    public bool TryEnqueue(T item)
    {
        if (Count == _items.Length)
            return false;
        var tail = _head + Count;
        _items[tail < _items.Length ? tail : tail - _items.Length] = item;
        Count++;
        return true;
    }

    /// <summary>Takes the oldest item; false when empty.</summary>
    public bool TryDequeue(out T item)
    {
        if (Count == 0)
        {
            item = default!;
            return false;
        }

        item = _items[_head];
        _items[_head] = default!;
        _head = _head + 1 == _items.Length ? 0 : _head + 1;
        Count--;
        return true;
    }
}
