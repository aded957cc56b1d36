using System.Buffers.Binary;

namespace Pentode.Core.Codecs;

/// <summary>Most significant byte first (network order): NBD, XDR.</summary>
public readonly struct BigEndian : IByteOrder
{
    /// <inheritdoc/>
    public static ushort ReadU16(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt16BigEndian(source);

    /// <inheritdoc/>
    public static uint ReadU32(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt32BigEndian(source);

    /// <inheritdoc/>
    public static ulong ReadU64(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt64BigEndian(source);

    /// <inheritdoc/>
    public static void Write(Span<byte> target, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(target, value);

    /// <inheritdoc/>
    public static void Write(Span<byte> target, uint value) => BinaryPrimitives.WriteUInt32BigEndian(target, value);

    /// <inheritdoc/>
    public static void Write(Span<byte> target, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(target, value);
}
