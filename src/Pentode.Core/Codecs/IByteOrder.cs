namespace Pentode.Core.Codecs;

/// <summary>The byte order of <see cref="WireReader{TOrder}"/> and <see cref="WireWriter{TOrder}"/>; spans are of the integer's size.</summary>
public interface IByteOrder
{
    /// <summary>Two bytes.</summary>
    static abstract ushort ReadU16(ReadOnlySpan<byte> source);

    /// <summary>Four bytes.</summary>
    static abstract uint ReadU32(ReadOnlySpan<byte> source);

    /// <summary>Eight bytes.</summary>
    static abstract ulong ReadU64(ReadOnlySpan<byte> source);

    /// <summary>Two bytes.</summary>
    static abstract void Write(Span<byte> target, ushort value);

    /// <summary>Four bytes.</summary>
    static abstract void Write(Span<byte> target, uint value);

    /// <summary>Eight bytes.</summary>
    static abstract void Write(Span<byte> target, ulong value);
}
