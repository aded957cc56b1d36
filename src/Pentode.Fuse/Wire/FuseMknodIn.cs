using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_MKNOD, followed by the name.</summary>
/// <remarks>mode[4] rdev[4] umask[4] padding[4]</remarks>
public readonly ref struct FuseMknodIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Type and permissions, masked.</summary>
    public uint Mode { get; init; }

    /// <summary>Device number, new encoding.</summary>
    public uint Device { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseMknodIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseMknodIn
        {
            Mode = r.U32(),
            Device = r.U32(),
        };
        _ = r.Bytes(8);
        return !r.IsOverrun;
    }
}
