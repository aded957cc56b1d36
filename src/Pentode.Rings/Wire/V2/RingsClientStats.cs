using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire.V2;

/// <summary>Body of STATS, 464 bytes: numbers of one client.</summary>
/// <remarks><c>taken[8] refused[8] completions[8] bytes_read[8] bytes_written[8] under_way[4] files[4] regions[4] weight[4] region_bytes[8] failed[8] reserved[8] wait_counts[192] total_counts[192]</c></remarks>
public sealed record RingsClientStats
{
    /// <summary>Operations taken.</summary>
    public ulong Taken { get; init; }

    /// <summary>Operations refused.</summary>
    public ulong Refused { get; init; }

    /// <summary>Completions posted.</summary>
    public ulong Completions { get; init; }

    /// <summary>Bytes read.</summary>
    public ulong BytesRead { get; init; }

    /// <summary>Bytes written.</summary>
    public ulong BytesWritten { get; init; }

    /// <summary>Operations under way.</summary>
    public uint UnderWay { get; init; }

    /// <summary>Descriptors held.</summary>
    public uint Files { get; init; }

    /// <summary>Regions held.</summary>
    public uint Regions { get; init; }

    /// <summary>Share of the server.</summary>
    public uint Weight { get; init; }

    /// <summary>Bytes of the regions.</summary>
    public ulong RegionBytes { get; init; }

    /// <summary>Operations that ended with an error.</summary>
    public ulong Failed { get; init; }

    /// <summary>Counts by time until the start; index i: below 2^i microseconds.</summary>
    public IReadOnlyList<ulong> Waits { get; init; } = [];

    /// <summary>Counts by time until the end.</summary>
    public IReadOnlyList<ulong> Totals { get; init; } = [];

    /// <summary>Reads exactly this body; null when it is too short or too long.</summary>
    public static RingsClientStats? TryRead(ReadOnlySpan<byte> data)
    {
        var reader = new LittleEndianReader(data);
        var stats = new RingsClientStats
        {
            Taken = reader.U64(),
            Refused = reader.U64(),
            Completions = reader.U64(),
            BytesRead = reader.U64(),
            BytesWritten = reader.U64(),
            UnderWay = reader.U32(),
            Files = reader.U32(),
            Regions = reader.U32(),
            Weight = reader.U32(),
            RegionBytes = reader.U64(),
            Failed = reader.U64(),
        };
        _ = reader.U64();
        var waits = new ulong[RingsWire2.HistogramCounts];
        var totals = new ulong[RingsWire2.HistogramCounts];
        foreach (ref var count in waits.AsSpan())
            count = reader.U64();
        foreach (ref var count in totals.AsSpan())
            count = reader.U64();
        return reader.Done() ? stats with { Waits = waits, Totals = totals } : null;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U64(Taken);
        writer.U64(Refused);
        writer.U64(Completions);
        writer.U64(BytesRead);
        writer.U64(BytesWritten);
        writer.U32(UnderWay);
        writer.U32(Files);
        writer.U32(Regions);
        writer.U32(Weight);
        writer.U64(RegionBytes);
        writer.U64(Failed);
        writer.U64(0);
        for (var i = 0; i < RingsWire2.HistogramCounts; i++)
            writer.U64(i < Waits.Count ? Waits[i] : 0);
        for (var i = 0; i < RingsWire2.HistogramCounts; i++)
            writer.U64(i < Totals.Count ? Totals[i] : 0);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
