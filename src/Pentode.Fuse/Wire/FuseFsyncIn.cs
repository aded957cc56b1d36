using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_FSYNC and FUSE_FSYNCDIR.</summary>
/// <remarks>fh[8] fsync_flags[4] padding[4]</remarks>
public readonly ref struct FuseFsyncIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Bit 0: fdatasync(2).</summary>
    public uint Flags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseFsyncIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseFsyncIn
        {
            Handle = r.U64(),
            Flags = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
