using System.Numerics;

namespace Pentode.Rings.Client.V2;

/// <summary>
/// Buddies over a region: blocks of 4096 bytes times a power of two, each at a multiple of its size. Renting and returning allocate nothing.
/// A size that is no power of two is cut into the largest blocks that fit.
/// </summary>
internal sealed class RegionAllocator
{
    /// <summary>The smallest block.</summary>
    public const int Smallest = 4096;

    private const byte Taken = 0xFF;
    private const byte Inside = 0xFE;

    // For each smallest block that begins a block: its order when free, Taken when rented; Inside otherwise.
    private readonly byte[] _state;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _first;

    public RegionAllocator(long size)
    {
        var blocks = checked((int)(size / Smallest));
        _state = new byte[blocks];
        Array.Fill(_state, Inside);
        _next = new int[blocks];
        _previous = new int[blocks];
        _first = new int[BitOperations.Log2((uint)Math.Max(1, blocks)) + 1];
        Array.Fill(_first, -1);
        for (var at = 0; at < blocks;)
        {
            var order = Math.Min(at == 0 ? 31 : BitOperations.TrailingZeroCount(at), BitOperations.Log2((uint)(blocks - at)));
            Free(at, order);
            at += 1 << order;
        }
    }

    /// <summary>Address of a block of at least <paramref name="length"/> bytes, or -1.</summary>
    public long Rent(int length)
    {
        var order = OrderOf(length);
        var found = order;
        while (found < _first.Length && _first[found] < 0)
            found++;
        if (found >= _first.Length)
            return -1;
        var at = _first[found];
        Unlink(at, found);
        while (found > order)
            Free(at + (1 << --found), found);
        _state[at] = Taken;
        return (long)at * Smallest;
    }

    /// <summary>Gives back what <see cref="Rent"/> gave for this length.</summary>
    public void Return(long address, int length)
    {
        var at = (int)(address / Smallest);
        var order = OrderOf(length);
        if (address % Smallest != 0 || (uint)at >= (uint)_state.Length || _state[at] != Taken || (at & ((1 << order) - 1)) != 0)
            throw new InvalidOperationException("memory returned that was not rented like this");
        while (order + 1 < _first.Length)
        {
            var buddy = at ^ (1 << order);
            if (buddy + (1 << order) > _state.Length || _state[buddy] != order)
                break;
            Unlink(buddy, order);
            _state[Math.Max(at, buddy)] = Inside;
            at = Math.Min(at, buddy);
            order++;
        }

        Free(at, order);
    }

    private static int OrderOf(int length) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)((length + Smallest - 1) / Smallest)));

    private void Free(int at, int order)
    {
        _state[at] = (byte)order;
        _previous[at] = -1;
        _next[at] = _first[order];
        if (_first[order] >= 0)
            _previous[_first[order]] = at;
        _first[order] = at;
    }

    private void Unlink(int at, int order)
    {
        if (_previous[at] >= 0)
            _next[_previous[at]] = _next[at];
        else
            _first[order] = _next[at];
        if (_next[at] >= 0)
            _previous[_next[at]] = _previous[at];
        _state[at] = Inside;
    }
}
