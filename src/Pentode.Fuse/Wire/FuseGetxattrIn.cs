using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_GETXATTR (followed by the name) and FUSE_LISTXATTR.</summary>
/// <remarks>size[4] padding[4]</remarks>
public readonly ref struct FuseGetxattrIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Room of the caller; 0 asks for the size.</summary>
    public uint Count { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseGetxattrIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseGetxattrIn
        {
            Count = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
