using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Attributes of a node.</summary>
/// <remarks>
/// ino[8] size[8] blocks[8] atime[8] mtime[8] ctime[8] atimensec[4] mtimensec[4] ctimensec[4] mode[4] nlink[4] uid[4] gid[4] rdev[4]
/// blksize[4] flags[4]
/// </remarks>
public readonly record struct FuseAttr
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 88;

    /// <summary>Inode number.</summary>
    public ulong Inode { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; init; }

    /// <summary>Units of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Seconds.</summary>
    public ulong AccessTime { get; init; }

    /// <summary>Seconds.</summary>
    public ulong ModifyTime { get; init; }

    /// <summary>Seconds.</summary>
    public ulong ChangeTime { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint AccessNanoseconds { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint ModifyNanoseconds { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint ChangeNanoseconds { get; init; }

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Links.</summary>
    public uint LinkCount { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Device number, new encoding.</summary>
    public uint Device { get; init; }

    /// <summary>Preferred size of I/O.</summary>
    public uint BlockSize { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Inode);
        writer.U64(Length);
        writer.U64(Blocks);
        writer.U64(AccessTime);
        writer.U64(ModifyTime);
        writer.U64(ChangeTime);
        writer.U32(AccessNanoseconds);
        writer.U32(ModifyNanoseconds);
        writer.U32(ChangeNanoseconds);
        writer.U32(Mode);
        writer.U32(LinkCount);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.U32(Device);
        writer.U32(BlockSize);
        writer.Zeroes(4);
    }
}
