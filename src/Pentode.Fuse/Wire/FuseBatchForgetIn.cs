using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_BATCH_FORGET: followed by so many <see cref="FuseForgetOne"/>.</summary>
/// <remarks>count[4] dummy[4]</remarks>
public readonly ref struct FuseBatchForgetIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Entries.</summary>
    public uint Count { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseBatchForgetIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseBatchForgetIn
        {
            Count = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
