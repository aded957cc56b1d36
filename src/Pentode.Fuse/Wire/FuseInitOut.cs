using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_INIT.</summary>
/// <remarks>
/// major[4] minor[4] max_readahead[4] flags[4] max_background[2] congestion_threshold[2] max_write[4] time_gran[4] max_pages[2]
/// map_alignment[2] flags2[4] unused[28]
/// </remarks>
public readonly ref struct FuseInitOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 64;

    /// <summary>Protocol.</summary>
    public uint Major { get; init; }

    /// <summary>Revision.</summary>
    public uint Minor { get; init; }

    /// <summary>Read-ahead in bytes.</summary>
    public uint MaxReadahead { get; init; }

    /// <summary>What is used of what was offered.</summary>
    public uint Flags { get; init; }

    /// <summary>Requests in the background at a time.</summary>
    public ushort MaxBackground { get; init; }

    /// <summary>From when the kernel calls it congested.</summary>
    public ushort CongestionThreshold { get; init; }

    /// <summary>Longest write in bytes.</summary>
    public uint MaxWrite { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint TimeGranularity { get; init; }

    /// <summary>Pages of one request.</summary>
    public ushort MaxPages { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Major);
        writer.U32(Minor);
        writer.U32(MaxReadahead);
        writer.U32(Flags);
        writer.U16(MaxBackground);
        writer.U16(CongestionThreshold);
        writer.U32(MaxWrite);
        writer.U32(TimeGranularity);
        writer.U16(MaxPages);
        writer.Zeroes(34);
    }
}
