using System.Buffers.Binary;

namespace Pentode.Core.Codecs;

/// <summary>Reads XDR (RFC 4506) items from a span. Reading past the end yields zeroes and sets a sticky flag that <see cref="Done"/> reports: a parser asks once, at the end.</summary>
public ref struct XdrReader
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;
    private bool _overrun;

    /// <summary>Reads from the start of <paramref name="data"/>.</summary>
    public XdrReader(ReadOnlySpan<byte> data)
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
    public ushort U16() => Take(2) is { Length: 2 } s ? BinaryPrimitives.ReadUInt16BigEndian(s) : (ushort)0;

    /// <summary>Four bytes.</summary>
    public uint U32() => Take(4) is { Length: 4 } s ? BinaryPrimitives.ReadUInt32BigEndian(s) : 0;

    /// <summary>Eight bytes.</summary>
    public ulong U64() => Take(8) is { Length: 8 } s ? BinaryPrimitives.ReadUInt64BigEndian(s) : 0;

    /// <summary>XDR variable-length opaque (RFC 4506 section 4.10): length, bytes, zero padding to 4. Longer than <paramref name="maximum"/> counts as overrun.</summary>
    public ReadOnlySpan<byte> Opaque(int maximum)
    {
        var length = U32();
        if (length > (uint)maximum)
        {
            _overrun = true;
            return default;
        }

        return FixedOpaque((int)length);
    }

    /// <summary>XDR fixed-length opaque (RFC 4506 section 4.9), padded to 4.</summary>
    public ReadOnlySpan<byte> FixedOpaque(int length)
    {
        var bytes = Take(length);
        Take(-length & 3);
        return _overrun ? default : bytes;
    }

    /// <summary>Exactly <paramref name="count"/> bytes, not copied; empty after an overrun.</summary>
    public ReadOnlySpan<byte> Bytes(int count) => Take(count);

    /// <summary>All that is left, not copied.</summary>
    public ReadOnlySpan<byte> Rest() => Take(Remaining);

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
