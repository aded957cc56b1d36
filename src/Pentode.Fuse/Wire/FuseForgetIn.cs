using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_FORGET: the kernel drops so many of its lookups.</summary>
/// <remarks>nlookup[8]</remarks>
public readonly ref struct FuseForgetIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>How many.</summary>
    public ulong LookupCount { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseForgetIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseForgetIn
        {
            LookupCount = r.U64(),
        };
        return !r.IsOverrun;
    }
}
