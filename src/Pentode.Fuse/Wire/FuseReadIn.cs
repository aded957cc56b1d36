using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_READ, FUSE_READDIR and FUSE_READDIRPLUS.</summary>
/// <remarks>fh[8] offset[8] size[4] read_flags[4] lock_owner[8] flags[4] padding[4]</remarks>
public readonly ref struct FuseReadIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 40;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Where; of a directory the cookie of the entry before.</summary>
    public ulong Offset { get; init; }

    /// <summary>Most bytes to answer.</summary>
    public uint Count { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseReadIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseReadIn
        {
            Handle = r.U64(),
            Offset = r.U64(),
            Count = r.U32(),
        };
        _ = r.Bytes(20);
        return !r.IsOverrun;
    }
}
