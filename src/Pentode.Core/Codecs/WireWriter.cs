namespace Pentode.Core.Codecs;

/// <summary>Writes integers of one byte order and raw bytes into a span. Writing past the end writes nothing and sets a sticky flag; callers size the buffer first, so an overrun is a bug they assert on.</summary>
public ref struct WireWriter<TOrder>
    where TOrder : struct, IByteOrder
{
    private readonly Span<byte> _data;
    private int _position;
    private bool _overrun;

    /// <summary>Writes from the start of <paramref name="data"/>.</summary>
    public WireWriter(Span<byte> data)
    {
        _data = data;
    }

    /// <summary>True once a write did not fit.</summary>
    public readonly bool IsOverrun => _overrun;

    /// <summary>Bytes written so far.</summary>
    public readonly int Position => _position;

    /// <summary>What has been written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _data[.._position];

    /// <summary>One byte.</summary>
    public void U8(byte value)
    {
        if (Reserve(1) is [_] s)
            s[0] = value;
    }

    /// <summary>Two bytes.</summary>
    public void U16(ushort value)
    {
        if (Reserve(2) is { Length: 2 } s)
            TOrder.Write(s, value);
    }

    /// <summary>Four bytes.</summary>
    public void U32(uint value)
    {
        if (Reserve(4) is { Length: 4 } s)
            TOrder.Write(s, value);
    }

    /// <summary>Eight bytes.</summary>
    public void U64(ulong value)
    {
        if (Reserve(8) is { Length: 8 } s)
            TOrder.Write(s, value);
    }

    /// <summary>Raw bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        var s = Reserve(value.Length);
        if (s.Length == value.Length)
            value.CopyTo(s);
    }

    /// <summary><paramref name="count"/> zero bytes.</summary>
    public void Zeroes(int count) => Reserve(count).Clear();

    /// <summary>Marks the message as not fitting, as a write past the end does.</summary>
    public void Fail() => _overrun = true;

    private Span<byte> Reserve(int count)
    {
        if (_overrun || (uint)count > (uint)(_data.Length - _position))
        {
            _overrun = true;
            return default;
        }

        var reserved = _data.Slice(_position, count);
        _position += count;
        return reserved;
    }
}
