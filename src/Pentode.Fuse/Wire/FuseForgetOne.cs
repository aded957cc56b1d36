using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>One entry of FUSE_BATCH_FORGET.</summary>
/// <remarks>nodeid[8] nlookup[8]</remarks>
public readonly ref struct FuseForgetOne
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Node.</summary>
    public ulong NodeId { get; init; }

    /// <summary>How many lookups are dropped.</summary>
    public ulong LookupCount { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseForgetOne message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseForgetOne
        {
            NodeId = r.U64(),
            LookupCount = r.U64(),
        };
        return !r.IsOverrun;
    }
}
