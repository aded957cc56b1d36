using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_GETATTR.</summary>
/// <remarks>getattr_flags[4] dummy[4] fh[8]</remarks>
public readonly ref struct FuseGetattrIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Bit 0: <c>fh</c> is set.</summary>
    public uint Flags { get; init; }

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseGetattrIn message)
    {
        var r = new LittleEndianReader(data);
        var flags = r.U32();
        _ = r.Bytes(4);
        var handle = r.U64();
        message = new FuseGetattrIn
        {
            Flags = flags,
            Handle = handle,
        };
        return !r.IsOverrun;
    }
}
