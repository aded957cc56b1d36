using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_SETATTR.</summary>
/// <remarks>
/// valid[4] padding[4] fh[8] size[8] lock_owner[8] atime[8] mtime[8] ctime[8] atimensec[4] mtimensec[4] ctimensec[4] mode[4] unused4[4]
/// uid[4] gid[4] unused5[4]
/// </remarks>
public readonly ref struct FuseSetattrIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 88;

    /// <summary>Which fields are meant.</summary>
    public uint Valid { get; init; }

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Length of the file.</summary>
    public ulong Length { get; init; }

    /// <summary>Seconds.</summary>
    public ulong AccessTime { get; init; }

    /// <summary>Seconds.</summary>
    public ulong ModifyTime { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint AccessNanoseconds { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint ModifyNanoseconds { get; init; }

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseSetattrIn message)
    {
        var r = new LittleEndianReader(data);
        var valid = r.U32();
        _ = r.Bytes(4);
        var handle = r.U64();
        var length = r.U64();
        _ = r.Bytes(8);
        var accessTime = r.U64();
        var modifyTime = r.U64();
        _ = r.Bytes(8);
        var accessNanoseconds = r.U32();
        var modifyNanoseconds = r.U32();
        _ = r.Bytes(4);
        var mode = r.U32();
        _ = r.Bytes(4);
        var uid = r.U32();
        var gid = r.U32();
        _ = r.Bytes(4);
        message = new FuseSetattrIn
        {
            Valid = valid,
            Handle = handle,
            Length = length,
            AccessTime = accessTime,
            ModifyTime = modifyTime,
            AccessNanoseconds = accessNanoseconds,
            ModifyNanoseconds = modifyNanoseconds,
            Mode = mode,
            Uid = uid,
            Gid = gid,
        };
        return !r.IsOverrun;
    }
}
