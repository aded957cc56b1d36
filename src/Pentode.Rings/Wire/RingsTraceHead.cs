using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Head of the answer to GET_TRACE, 24 bytes; <see cref="Count"/> events follow.</summary>
/// <remarks><c>oldest_sequence[8] latest_sequence[8] count[4] reserved[4]</c></remarks>
public readonly ref struct RingsTraceHead
{
    /// <summary>Oldest event kept; 0 before the first.</summary>
    public ulong OldestSequence { get; init; }

    /// <summary>Newest event; 0 before the first.</summary>
    public ulong LatestSequence { get; init; }

    /// <summary>Events that follow.</summary>
    public uint Count { get; init; }

    /// <summary>0.</summary>
    public uint Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsTraceHead message)
    {
        var reader = new LittleEndianReader(data);
        message = new RingsTraceHead
        {
            OldestSequence = reader.U64(),
            LatestSequence = reader.U64(),
            Count = reader.U32(),
            Reserved = reader.U32(),
        };
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U64(OldestSequence);
        writer.U64(LatestSequence);
        writer.U32(Count);
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
