using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_STATFS.</summary>
/// <remarks>blocks[8] bfree[8] bavail[8] files[8] ffree[8] bsize[4] namelen[4] frsize[4] padding[4] spare[24]</remarks>
public readonly ref struct FuseStatfsOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 80;

    /// <summary>Blocks.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Free.</summary>
    public ulong FreeBlocks { get; init; }

    /// <summary>Free for users.</summary>
    public ulong AvailableBlocks { get; init; }

    /// <summary>Inodes.</summary>
    public ulong Files { get; init; }

    /// <summary>Free inodes.</summary>
    public ulong FreeFiles { get; init; }

    /// <summary>Bytes of a block.</summary>
    public uint BlockSize { get; init; }

    /// <summary>Longest name.</summary>
    public uint NameLength { get; init; }

    /// <summary>Unit of the counts.</summary>
    public uint FragmentSize { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Blocks);
        writer.U64(FreeBlocks);
        writer.U64(AvailableBlocks);
        writer.U64(Files);
        writer.U64(FreeFiles);
        writer.U32(BlockSize);
        writer.U32(NameLength);
        writer.U32(FragmentSize);
        writer.Zeroes(28);
    }
}
