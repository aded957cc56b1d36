using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_NOTIFY_INVAL_INODE: what the kernel believes of a node no longer holds.</summary>
/// <remarks>ino[8] off[8] len[8]</remarks>
public readonly ref struct FuseNotifyInvalidateInodeOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 24;

    /// <summary>The node.</summary>
    public ulong NodeId { get; init; }

    /// <summary>First byte whose pages go; negative for attributes alone.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes whose pages go; 0 to the end of the file.</summary>
    public long Length { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(NodeId);
        writer.U64((ulong)Offset);
        writer.U64((ulong)Length);
    }
}
