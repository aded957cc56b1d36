using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>One entry of a directory, followed by its name and zeroes up to a multiple of 8.</summary>
/// <remarks>ino[8] off[8] namelen[4] type[4]</remarks>
public readonly ref struct FuseDirent
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 24;

    /// <summary>Inode number.</summary>
    public ulong Inode { get; init; }

    /// <summary>Continues after this entry.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Bytes of the name.</summary>
    public uint NameLength { get; init; }

    /// <summary>DT_* of readdir(3).</summary>
    public uint Type { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Inode);
        writer.U64(Cookie);
        writer.U32(NameLength);
        writer.U32(Type);
    }
}
