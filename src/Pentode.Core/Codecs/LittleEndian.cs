using System.Buffers.Binary;

namespace Pentode.Core.Codecs;

/// <summary>Least significant byte first: 9P, FUSE, rings, lock records.</summary>
public readonly struct LittleEndian : IByteOrder
{
    /// <inheritdoc/>
    public static ushort ReadU16(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt16LittleEndian(source);

    /// <inheritdoc/>
    public static uint ReadU32(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt32LittleEndian(source);

    /// <inheritdoc/>
    public static ulong ReadU64(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt64LittleEndian(source);

    /// <inheritdoc/>
    public static void Write(Span<byte> target, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(target, value);

    /// <inheritdoc/>
    public static void Write(Span<byte> target, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(target, value);

    /// <inheritdoc/>
    public static void Write(Span<byte> target, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(target, value);
}
