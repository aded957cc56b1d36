using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_RELEASE and FUSE_RELEASEDIR.</summary>
/// <remarks>fh[8] flags[4] release_flags[4] lock_owner[8]</remarks>
public readonly ref struct FuseReleaseIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 24;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Bit 1: flock(2) of <c>lock_owner</c> ends.</summary>
    public uint ReleaseFlags { get; init; }

    /// <summary>Who may hold a flock.</summary>
    public ulong LockOwner { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseReleaseIn message)
    {
        var r = new LittleEndianReader(data);
        var handle = r.U64();
        _ = r.Bytes(4);
        var releaseFlags = r.U32();
        var lockOwner = r.U64();
        message = new FuseReleaseIn
        {
            Handle = handle,
            ReleaseFlags = releaseFlags,
            LockOwner = lockOwner,
        };
        return !r.IsOverrun;
    }
}
