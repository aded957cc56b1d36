using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire.V2;

/// <summary>Answer to a handshake of protocol 2, 96 bytes. With a status other than 0 everything behind the size is 0.</summary>
/// <remarks><c>header[8] abi_major[2] abi_minor[2] status[2] reserved[2] size[4] features[4] operations[8] credits[4] batch[4] message[4] inline[4] files[4] regions[4] region_bytes[8] ring_entries[4] vectors[4] transfer[8] weight[4] client[4] reserved[8]</c></remarks>
public readonly record struct RingsWelcome
{
    /// <summary><see cref="RingsWire2.StatusAccept"/> and its siblings.</summary>
    public ushort Status { get; init; }

    /// <summary>Minor version both sides speak.</summary>
    public ushort Minor { get; init; }

    /// <summary>What is offered.</summary>
    public RingsFeatures Features { get; init; }

    /// <summary>Bit n is set when operation n is served.</summary>
    public ulong Operations { get; init; }

    /// <summary>Operations this client may have under way.</summary>
    public uint Credits { get; init; }

    /// <summary>Records in one SUBMIT.</summary>
    public uint Batch { get; init; }

    /// <summary>Bytes of one message.</summary>
    public uint Message { get; init; }

    /// <summary>Bytes of data of one operation inside messages.</summary>
    public uint Inline { get; init; }

    /// <summary>Descriptors this client may hold.</summary>
    public uint Files { get; init; }

    /// <summary>Regions this client may hold.</summary>
    public uint Regions { get; init; }

    /// <summary>Bytes of all its regions.</summary>
    public ulong RegionBytes { get; init; }

    /// <summary>The most entries of a shared ring.</summary>
    public uint RingEntries { get; init; }

    /// <summary>The most vectors of an operation.</summary>
    public uint Vectors { get; init; }

    /// <summary>Bytes one operation may move.</summary>
    public ulong Transfer { get; init; }

    /// <summary>Share of the server.</summary>
    public uint Weight { get; init; }

    /// <summary>Number in the server's listings.</summary>
    public uint Client { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsWelcome message)
    {
        var reader = new LittleEndianReader(data);
        var isSound = RingsHeader.TryRead(reader.Bytes(RingsWire.HeaderSize), out var header) && header.Major == RingsWire2.Major;
        isSound &= reader.U16() == RingsWire2.Major;
        _ = reader.U16();
        var status = reader.U16();
        isSound &= reader.U16() == 0;
        isSound &= reader.U32() >= RingsWire2.WelcomeSize;
        message = new RingsWelcome
        {
            Status = status,
            Minor = header.Minor,
            Features = (RingsFeatures)reader.U32(),
            Operations = reader.U64(),
            Credits = reader.U32(),
            Batch = reader.U32(),
            Message = reader.U32(),
            Inline = reader.U32(),
            Files = reader.U32(),
            Regions = reader.U32(),
            RegionBytes = reader.U64(),
            RingEntries = reader.U32(),
            Vectors = reader.U32(),
            Transfer = reader.U64(),
            Weight = reader.U32(),
            Client = reader.U32(),
        };
        _ = reader.U64();
        return isSound && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U32(RingsWire.Magic);
        writer.U16(RingsWire2.Major);
        writer.U16(Minor);
        writer.U16(RingsWire2.Major);
        writer.U16(RingsWire2.Minor);
        writer.U16(Status);
        writer.U16(0);
        writer.U32(RingsWire2.WelcomeSize);
        writer.U32((uint)Features);
        writer.U64(Operations);
        writer.U32(Credits);
        writer.U32(Batch);
        writer.U32(Message);
        writer.U32(Inline);
        writer.U32(Files);
        writer.U32(Regions);
        writer.U64(RegionBytes);
        writer.U32(RingEntries);
        writer.U32(Vectors);
        writer.U64(Transfer);
        writer.U32(Weight);
        writer.U32(Client);
        writer.U64(0);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
