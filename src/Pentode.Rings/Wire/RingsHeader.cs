using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Identification in front of requests, handshakes and completions, 8 bytes.</summary>
/// <remarks><c>magic[4] version_major[2] version_minor[2]</c></remarks>
public readonly record struct RingsHeader(ushort Major, ushort Minor)
{
    /// <summary>The header of protocol 1.12.</summary>
    public static RingsHeader Current => new(RingsWire.Major, RingsWire.Minor);

    /// <summary>Reads exactly this message; false when it is too short, too long or the magic is wrong. The version is the reader's business.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsHeader message)
    {
        var reader = new LittleEndianReader(data);
        var magic = reader.U32();
        message = new RingsHeader(reader.U16(), reader.U16());
        return reader.Done() && magic == RingsWire.Magic;
    }

    internal void Write(ref LittleEndianWriter writer)
    {
        writer.U32(RingsWire.Magic);
        writer.U16(Major);
        writer.U16(Minor);
    }
}
