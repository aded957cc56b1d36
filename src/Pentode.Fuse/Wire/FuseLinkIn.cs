using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_LINK, followed by the name.</summary>
/// <remarks>oldnodeid[8]</remarks>
public readonly ref struct FuseLinkIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Node to link.</summary>
    public ulong OldNode { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseLinkIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseLinkIn
        {
            OldNode = r.U64(),
        };
        return !r.IsOverrun;
    }
}
