using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>End of a task, 24 bytes and the payload. Comes between answers; told apart by its header.</summary>
/// <remarks><c>header[8] task[8] res[4] kind[2] payload_length[2] payload[payload_length]</c></remarks>
public readonly ref struct RingsCompletion
{
    /// <summary>Identification; the receiver checks the version.</summary>
    public RingsHeader Header { get; init; }

    /// <summary>Task id.</summary>
    public ulong Task { get; init; }

    /// <summary>Result or a negative errno.</summary>
    public int Result { get; init; }

    /// <summary>Kind of the task.</summary>
    public RingsKind Kind { get; init; }

    /// <summary>Bytes of payload.</summary>
    public ushort PayloadLength { get; init; }

    /// <summary>What was read, or the address of the peer.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsCompletion message)
    {
        var reader = new LittleEndianReader(data);
        var isHeader = RingsHeader.TryRead(reader.Bytes(RingsWire.HeaderSize), out var header);
        message = new RingsCompletion
        {
            Header = header,
            Task = reader.U64(),
            Result = (int)reader.U32(),
            Kind = (RingsKind)reader.U16(),
            PayloadLength = reader.U16(),
            Payload = reader.Rest(),
        };
        return isHeader && reader.Done() && message.PayloadLength == message.Payload.Length;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Header.Write(ref writer);
        writer.U64(Task);
        writer.U32((uint)Result);
        writer.U16((ushort)Kind);
        writer.U16(PayloadLength);
        writer.Bytes(Payload);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
