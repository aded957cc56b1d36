using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>GET_TRACE, 32 bytes.</summary>
/// <remarks><c>prefix[16] after_sequence[8] max_events[4] reserved[4]</c></remarks>
public readonly ref struct RingsGetTraceRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Only later events.</summary>
    public ulong AfterSequence { get; init; }

    /// <summary>0 to <see cref="RingsWire.TraceCapacity"/>.</summary>
    public uint MaxEvents { get; init; }

    /// <summary>0.</summary>
    public uint Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsGetTraceRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsGetTraceRequest
        {
            Prefix = prefix,
            AfterSequence = reader.U64(),
            MaxEvents = reader.U32(),
            Reserved = reader.U32(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U64(AfterSequence);
        writer.U32(MaxEvents);
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
