using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>SOCK_READ, FILE_READ, 24 bytes.</summary>
/// <remarks><c>prefix[16] resource[4] length[4]</c></remarks>
public readonly ref struct RingsReadRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Descriptor resource.</summary>
    public uint Resource { get; init; }

    /// <summary>Bytes to read at most.</summary>
    public uint Length { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsReadRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsReadRequest
        {
            Prefix = prefix,
            Resource = reader.U32(),
            Length = reader.U32(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Resource);
        writer.U32(Length);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
