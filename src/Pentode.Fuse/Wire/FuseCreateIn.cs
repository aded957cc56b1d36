using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_CREATE, followed by the name.</summary>
/// <remarks>flags[4] mode[4] umask[4] open_flags[4]</remarks>
public readonly ref struct FuseCreateIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Flags of open(2).</summary>
    public uint Flags { get; init; }

    /// <summary>Type and permissions, masked.</summary>
    public uint Mode { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseCreateIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseCreateIn
        {
            Flags = r.U32(),
            Mode = r.U32(),
        };
        _ = r.Bytes(8);
        return !r.IsOverrun;
    }
}
