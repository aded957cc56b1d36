using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_WRITE, followed by the data.</summary>
/// <remarks>fh[8] offset[8] size[4] write_flags[4] lock_owner[8] flags[4] padding[4]</remarks>
public readonly ref struct FuseWriteIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 40;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Where.</summary>
    public ulong Offset { get; init; }

    /// <summary>Bytes of data.</summary>
    public uint Count { get; init; }

    /// <summary>Bit 2: set-user-id bits go.</summary>
    public uint WriteFlags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseWriteIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseWriteIn
        {
            Handle = r.U64(),
            Offset = r.U64(),
            Count = r.U32(),
            WriteFlags = r.U32(),
        };
        _ = r.Bytes(16);
        return !r.IsOverrun;
    }
}
