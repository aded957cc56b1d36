using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_ACCESS.</summary>
/// <remarks>mask[4] padding[4]</remarks>
public readonly ref struct FuseAccessIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>R_OK 4, W_OK 2, X_OK 1.</summary>
    public uint Mask { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseAccessIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseAccessIn
        {
            Mask = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
