using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_INTERRUPT.</summary>
/// <remarks>unique[8]</remarks>
public readonly ref struct FuseInterruptIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>The request to give up.</summary>
    public ulong Target { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseInterruptIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseInterruptIn
        {
            Target = r.U64(),
        };
        return !r.IsOverrun;
    }
}
