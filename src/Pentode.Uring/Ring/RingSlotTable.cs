using System.Runtime.InteropServices;

namespace Pentode.Uring.Ring;

/// <summary>
/// The operation slots of one ring: an array with a free list and a generation per slot, so that a late completion of a reused slot is
/// told apart. A ticket is generation shifted by 32 plus the slot number and never 0.
/// </summary>
internal sealed unsafe class RingSlotTable : IDisposable
{
    private const uint GenerationMask = 0x3FFFFFFF;

    private readonly int _limit;
    private RingSlot[] _slots = new RingSlot[64];
    private int _firstFree = -1;
    private int _made;

    public RingSlotTable(int limit)
    {
        _limit = limit;
    }

    /// <summary>Slots in use.</summary>
    public int InUse { get; private set; }

    /// <summary>Slots ever used; higher numbers are untouched.</summary>
    public int Made => _made;

    /// <summary>The slot; the reference is invalid after the next <see cref="TryRent"/>.</summary>
    public ref RingSlot this[int index] => ref _slots[index];

    /// <summary>Takes a slot; -1 when the limit is reached.</summary>
    public int TryRent(RingOperation kind)
    {
        int index;
        if (_firstFree >= 0)
        {
            index = _firstFree;
            _firstFree = _slots[index].NextFree;
        }
        else
        {
            if (_made == _limit)
                return -1;
            if (_made == _slots.Length)
                Array.Resize(ref _slots, Math.Min(_limit, _slots.Length * 2));
            index = _made++;
        }

        ref var slot = ref _slots[index];
        slot.Generation = (slot.Generation + 1) & GenerationMask;
        if (slot.Generation == 0)
            slot.Generation = 1;
        slot.Kind = kind;
        slot.Done = 0;
        slot.IsPolling = false;
        slot.IsCancelled = false;
        InUse++;
        return index;
    }

    /// <summary>Gives a slot back.</summary>
    public void Return(int index)
    {
        ref var slot = ref _slots[index];
        slot.Completion = null;
        slot.Sink = null;
        slot.Kind = RingOperation.None;
        slot.NextFree = _firstFree;
        _firstFree = index;
        InUse--;
    }

    /// <summary>Cookie of a slot in use.</summary>
    public ulong TicketOf(int index) => ((ulong)_slots[index].Generation << 32) | (uint)index;

    /// <summary>The slot a cookie names, or -1 when it is stale or foreign.</summary>
    public int Find(ulong ticket)
    {
        var index = (uint)ticket;
        if (index >= (uint)_made)
            return -1;
        ref var slot = ref _slots[index];
        return slot.Kind != RingOperation.None && slot.Generation == (uint)(ticket >> 32) ? (int)index : -1;
    }

    /// <summary>Native memory of the slot, made on first use.</summary>
    public RingSidecar* SidecarOf(int index)
    {
        ref var slot = ref _slots[index];
        if (slot.Sidecar == null)
            slot.Sidecar = (RingSidecar*)NativeMemory.AllocZeroed((nuint)sizeof(RingSidecar));
        return slot.Sidecar;
    }

    public void Dispose()
    {
        for (var i = 0; i < _made; i++)
        {
            NativeMemory.Free(_slots[i].Sidecar);
            _slots[i].Sidecar = null;
        }
    }
}
