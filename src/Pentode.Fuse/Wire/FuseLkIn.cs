using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_GETLK, FUSE_SETLK and FUSE_SETLKW.</summary>
/// <remarks>fh[8] owner[8] start[8] end[8] type[4] pid[4] lk_flags[4] padding[4]</remarks>
public readonly ref struct FuseLkIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 48;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Who.</summary>
    public ulong Owner { get; init; }

    /// <summary>First byte.</summary>
    public ulong Start { get; init; }

    /// <summary>Last byte; 2^63-1 is the end of the file.</summary>
    public ulong End { get; init; }

    /// <summary>F_RDLCK 0, F_WRLCK 1, F_UNLCK 2.</summary>
    public uint Type { get; init; }

    /// <summary>Process.</summary>
    public uint Pid { get; init; }

    /// <summary>Bit 0: flock(2).</summary>
    public uint Flags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseLkIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseLkIn
        {
            Handle = r.U64(),
            Owner = r.U64(),
            Start = r.U64(),
            End = r.U64(),
            Type = r.U32(),
            Pid = r.U32(),
            Flags = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
