namespace Pentode.Fuse;

/// <summary>
/// Objects under 64-bit names that are never used twice: the place in the table plus one in the low half, how often the place was used before
/// in the high half. The first object gets name 1. Not thread safe.
/// </summary>
internal sealed class SlotTable<T>
    where T : class
{
    private readonly Stack<int> _free = new();
    private Slot[] _slots = new Slot[16];
    private int _used;

    /// <summary>Objects in the table.</summary>
    public int Count => _used - _free.Count;

    /// <summary>Adds an object and names it.</summary>
    public ulong Add(T item)
    {
        if (!_free.TryPop(out var index))
        {
            if (_used == _slots.Length)
                Array.Resize(ref _slots, _used * 2);
            index = _used++;
        }

        ref var slot = ref _slots[index];
        slot.Item = item;
        return ((ulong)slot.Generation << 32) | (uint)(index + 1);
    }

    /// <summary>The object of that name, or null.</summary>
    public T? Find(ulong name)
    {
        var index = (uint)name - 1;
        if (index >= (uint)_used)
            return null;
        ref var slot = ref _slots[index];
        return slot.Generation == (uint)(name >> 32) ? slot.Item : null;
    }

    /// <summary>Takes an object out.</summary>
    public void Remove(ulong name)
    {
        if (Find(name) is null)
            return;
        var index = (int)((uint)name - 1);
        ref var slot = ref _slots[index];
        slot.Item = null;
        slot.Generation++;
        // A place whose names are used up is left empty for good.
        if (slot.Generation != 0)
            _free.Push(index);
    }

    /// <summary>All objects now.</summary>
    public List<T> All()
    {
        var all = new List<T>(Count);
        for (var i = 0; i < _used; i++)
        {
            if (_slots[i].Item is { } item)
                all.Add(item);
        }

        return all;
    }

    private struct Slot
    {
        public T? Item;
        public uint Generation;
    }
}
