using System.Buffers.Binary;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <summary>Writes the entries of a directory as the kernel wants them; with <c>isPlus</c> each behind room for its node, zero at first.</summary>
internal sealed class FuseDirectorySink(Memory<byte> room, bool isPlus) : IDirectorySink
{
    private readonly int _before = isPlus ? FuseEntryOut.Size : 0;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The name in an entry with room for its node, and how long the entry is.</summary>
    public static FileName NameAt(Memory<byte> entry, out int size)
    {
        const int start = FuseEntryOut.Size + FuseDirent.Size;
        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(entry.Span[(FuseEntryOut.Size + 16)..]);
        size = Align(start + length);
        return new FileName(entry.Slice(start, length));
    }

    /// <inheritdoc/>
    public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
    {
        var size = Align(_before + FuseDirent.Size + name.Length);
        if (size > room.Length - Length)
            return false;
        var writer = new LittleEndianWriter(room.Span.Slice(Length, size));
        writer.Zeroes(_before);
        new FuseDirent { Inode = id.Path, Cookie = (ulong)cookie, NameLength = (uint)name.Length, Type = type }.Write(ref writer);
        writer.Bytes(name);
        writer.Zeroes(size - writer.Position);
        Length += size;
        return true;
    }

    private static int Align(int length) => (length + FuseLimits.EntryAlignment - 1) & ~(FuseLimits.EntryAlignment - 1);
}
