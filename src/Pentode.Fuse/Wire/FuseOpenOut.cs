using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_OPEN and FUSE_OPENDIR; follows the entry in the reply to FUSE_CREATE.</summary>
/// <remarks>fh[8] open_flags[4] padding[4]</remarks>
public readonly ref struct FuseOpenOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>FOPEN bits.</summary>
    public uint Flags { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Handle);
        writer.U32(Flags);
        writer.Zeroes(4);
    }
}
