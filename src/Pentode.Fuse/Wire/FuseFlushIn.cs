using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_FLUSH.</summary>
/// <remarks>fh[8] unused[4] padding[4] lock_owner[8]</remarks>
public readonly ref struct FuseFlushIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 24;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Whose record locks end.</summary>
    public ulong LockOwner { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseFlushIn message)
    {
        var r = new LittleEndianReader(data);
        var handle = r.U64();
        _ = r.Bytes(8);
        var lockOwner = r.U64();
        message = new FuseFlushIn
        {
            Handle = handle,
            LockOwner = lockOwner,
        };
        return !r.IsOverrun;
    }
}
