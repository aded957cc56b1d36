using System.Buffers.Binary;

namespace Pentode.Core.Codecs;

/// <summary>Writes XDR (RFC 4506) items into a span. Writing past the end writes nothing and sets a sticky flag; callers size the buffer first, so an overrun is a bug they assert on.</summary>
public ref struct XdrWriter
{
    private readonly Span<byte> _data;
    private int _position;
    private bool _overrun;

    /// <summary>Writes from the start of <paramref name="data"/>.</summary>
    public XdrWriter(Span<byte> data)
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
            BinaryPrimitives.WriteUInt16BigEndian(s, value);
    }

    /// <summary>Four bytes.</summary>
    public void U32(uint value)
    {
        if (Reserve(4) is { Length: 4 } s)
            BinaryPrimitives.WriteUInt32BigEndian(s, value);
    }

    /// <summary>Eight bytes.</summary>
    public void U64(ulong value)
    {
        if (Reserve(8) is { Length: 8 } s)
            BinaryPrimitives.WriteUInt64BigEndian(s, value);
    }

    /// <summary>XDR variable-length opaque: length, bytes, zero padding to 4.</summary>
    public void Opaque(ReadOnlySpan<byte> value)
    {
        U32((uint)value.Length);
        FixedOpaque(value);
    }

    /// <summary>XDR fixed-length opaque, padded to 4.</summary>
    public void FixedOpaque(ReadOnlySpan<byte> value)
    {
        Bytes(value);
        Zeroes(-value.Length & 3);
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
