using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_GETXATTR and FUSE_LISTXATTR that asked for the size.</summary>
/// <remarks>size[4] padding[4]</remarks>
public readonly ref struct FuseGetxattrOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Bytes.</summary>
    public uint Count { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Count);
        writer.Zeroes(4);
    }
}
