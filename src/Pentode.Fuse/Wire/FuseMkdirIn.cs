using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_MKDIR, followed by the name.</summary>
/// <remarks>mode[4] umask[4]</remarks>
public readonly ref struct FuseMkdirIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Permissions, masked.</summary>
    public uint Mode { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseMkdirIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseMkdirIn
        {
            Mode = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
