using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>One event of the trace, 48 bytes.</summary>
/// <remarks><c>sequence[8] timestamp_nsec[8] task[8] resource[4] res[4] credits[4] event_kind[2] task_kind[2] client_slot[2] priority[2] reserved[4]</c></remarks>
public readonly record struct RingsTraceEvent
{
    /// <summary>Number from 1.</summary>
    public ulong Sequence { get; init; }

    /// <summary>CLOCK_MONOTONIC.</summary>
    public ulong TimestampNsec { get; init; }

    /// <summary>Task id or 0.</summary>
    public ulong Task { get; init; }

    /// <summary>Resource id or 0.</summary>
    public uint Resource { get; init; }

    /// <summary>Result or a negative errno.</summary>
    public int Result { get; init; }

    /// <summary>Free credits.</summary>
    public uint Credits { get; init; }

    /// <summary>What happened.</summary>
    public RingsTraceKind Event { get; init; }

    /// <summary>Kind of the task; 0 for control requests.</summary>
    public RingsKind Kind { get; init; }

    /// <summary>Slot of the client.</summary>
    public ushort ClientSlot { get; init; }

    /// <summary>Priority of the task.</summary>
    public RingsPriority Priority { get; init; }

    /// <summary>0.</summary>
    public uint Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsTraceEvent message)
    {
        var reader = new LittleEndianReader(data);
        message = new RingsTraceEvent
        {
            Sequence = reader.U64(),
            TimestampNsec = reader.U64(),
            Task = reader.U64(),
            Resource = reader.U32(),
            Result = (int)reader.U32(),
            Credits = reader.U32(),
            Event = (RingsTraceKind)reader.U16(),
            Kind = (RingsKind)reader.U16(),
            ClientSlot = reader.U16(),
            Priority = (RingsPriority)reader.U16(),
            Reserved = reader.U32(),
        };
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U64(Sequence);
        writer.U64(TimestampNsec);
        writer.U64(Task);
        writer.U32(Resource);
        writer.U32((uint)Result);
        writer.U32(Credits);
        writer.U16((ushort)Event);
        writer.U16((ushort)Kind);
        writer.U16(ClientSlot);
        writer.U16((ushort)Priority);
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
