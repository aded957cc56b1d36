using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Answer to the handshake, 52 bytes. All capabilities are 0 when refused.</summary>
/// <remarks><c>header[8] abi_major[2] abi_minor[2] status[2] reserved[2] struct_size[4] features[4] ring_entries[4] cq_entries[4] op_mask[4] submit_credits[4] registered_fd_slots[4] registered_buffer_slots[4] io_bytes_max[4]</c></remarks>
public readonly ref struct RingsHandshakeResult
{
    /// <summary>Identification; the receiver checks the version.</summary>
    public RingsHeader Header { get; init; }

    /// <summary>ABI major version.</summary>
    public ushort AbiMajor { get; init; }

    /// <summary>ABI minor version.</summary>
    public ushort AbiMinor { get; init; }

    /// <summary><see cref="RingsWire.StatusAccept"/> or <see cref="RingsWire.StatusReject"/>.</summary>
    public ushort Status { get; init; }

    /// <summary>0.</summary>
    public ushort Reserved { get; init; }

    /// <summary><see cref="RingsWire.CapabilitiesSize"/>.</summary>
    public uint StructSize { get; init; }

    /// <summary>Feature bits of io_uring_setup(2).</summary>
    public uint Features { get; init; }

    /// <summary>Submission entries.</summary>
    public uint RingEntries { get; init; }

    /// <summary>Completion entries.</summary>
    public uint CompletionEntries { get; init; }

    /// <summary>What can be submitted.</summary>
    public RingsOperations Operations { get; init; }

    /// <summary>Credits of all clients together that are free now.</summary>
    public uint SubmitCredits { get; init; }

    /// <summary>Descriptors a client may hold.</summary>
    public uint FdSlots { get; init; }

    /// <summary>Buffers a client may hold.</summary>
    public uint BufferSlots { get; init; }

    /// <summary>Bytes one task may move.</summary>
    public uint IoBytesMax { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsHandshakeResult message)
    {
        var reader = new LittleEndianReader(data);
        var isHeader = RingsHeader.TryRead(reader.Bytes(RingsWire.HeaderSize), out var header);
        message = new RingsHandshakeResult
        {
            Header = header,
            AbiMajor = reader.U16(),
            AbiMinor = reader.U16(),
            Status = reader.U16(),
            Reserved = reader.U16(),
            StructSize = reader.U32(),
            Features = reader.U32(),
            RingEntries = reader.U32(),
            CompletionEntries = reader.U32(),
            Operations = (RingsOperations)reader.U32(),
            SubmitCredits = reader.U32(),
            FdSlots = reader.U32(),
            BufferSlots = reader.U32(),
            IoBytesMax = reader.U32(),
        };
        return isHeader && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Header.Write(ref writer);
        writer.U16(AbiMajor);
        writer.U16(AbiMinor);
        writer.U16(Status);
        writer.U16(Reserved);
        writer.U32(StructSize);
        writer.U32(Features);
        writer.U32(RingEntries);
        writer.U32(CompletionEntries);
        writer.U32((uint)Operations);
        writer.U32(SubmitCredits);
        writer.U32(FdSlots);
        writer.U32(BufferSlots);
        writer.U32(IoBytesMax);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
