namespace Pentode.Core.Codecs;

/// <summary>Reads integers of one byte order and raw bytes from a span. Reading past the end yields zeroes and sets a sticky flag that <see cref="Done"/> reports: a parser asks once, at the end.</summary>
public ref struct WireReader<TOrder>
    where TOrder : struct, IByteOrder
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;
    private bool _overrun;

    /// <summary>Reads from the start of <paramref name="data"/>.</summary>
    public WireReader(ReadOnlySpan<byte> data)
    {
        _data = data;
    }

    /// <summary>True once a read went past the end.</summary>
    public readonly bool IsOverrun => _overrun;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not yet read; 0 after an overrun.</summary>
    public readonly int Remaining => _overrun ? 0 : _data.Length - _position;

    /// <summary>True when all reads fitted and nothing is left over.</summary>
    public readonly bool Done() => !_overrun && _position == _data.Length;

    /// <summary>One byte.</summary>
    public byte U8() => Take(1) is [var b] ? b : (byte)0;

    /// <summary>Two bytes.</summary>
    public ushort U16() => Take(2) is { Length: 2 } s ? TOrder.ReadU16(s) : (ushort)0;

    /// <summary>Four bytes.</summary>
    public uint U32() => Take(4) is { Length: 4 } s ? TOrder.ReadU32(s) : 0;

    /// <summary>Eight bytes.</summary>
    public ulong U64() => Take(8) is { Length: 8 } s ? TOrder.ReadU64(s) : 0;

    /// <summary>Exactly <paramref name="count"/> bytes, not copied; empty after an overrun.</summary>
    public ReadOnlySpan<byte> Bytes(int count) => Take(count);

    /// <summary>All that is left, not copied.</summary>
    public ReadOnlySpan<byte> Rest() => Take(Remaining);

    /// <summary>Marks the message as malformed, as a read past the end does.</summary>
    public void Fail() => _overrun = true;

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_overrun || (uint)count > (uint)(_data.Length - _position))
        {
            _overrun = true;
            return default;
        }

        var taken = _data.Slice(_position, count);
        _position += count;
        return taken;
    }
}
