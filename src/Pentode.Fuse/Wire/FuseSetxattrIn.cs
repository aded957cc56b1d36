using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_SETXATTR without FUSE_SETXATTR_EXT, followed by the name and the value.</summary>
/// <remarks>size[4] flags[4]</remarks>
public readonly ref struct FuseSetxattrIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Bytes of the value.</summary>
    public uint Count { get; init; }

    /// <summary>XATTR_CREATE, XATTR_REPLACE.</summary>
    public uint Flags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseSetxattrIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseSetxattrIn
        {
            Count = r.U32(),
            Flags = r.U32(),
        };
        return !r.IsOverrun;
    }
}
