using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>First message of a client, 16 bytes.</summary>
/// <remarks><c>header[8] abi_major[2] abi_minor[2] reserved[4]</c></remarks>
public readonly ref struct RingsHandshakeRequest
{
    /// <summary>Identification; the receiver checks the version.</summary>
    public RingsHeader Header { get; init; }

    /// <summary>Must equal <see cref="RingsWire.Major"/>.</summary>
    public ushort AbiMajor { get; init; }

    /// <summary>Must equal <see cref="RingsWire.Minor"/>.</summary>
    public ushort AbiMinor { get; init; }

    /// <summary>0.</summary>
    public uint Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsHandshakeRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isHeader = RingsHeader.TryRead(reader.Bytes(RingsWire.HeaderSize), out var header);
        message = new RingsHandshakeRequest
        {
            Header = header,
            AbiMajor = reader.U16(),
            AbiMinor = reader.U16(),
            Reserved = reader.U32(),
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
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
