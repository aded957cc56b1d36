using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>SOCK_WRITE, FILE_WRITE, 24 bytes and the data.</summary>
/// <remarks><c>prefix[16] resource[4] length[4] data[length]</c></remarks>
public readonly ref struct RingsWriteRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Descriptor resource.</summary>
    public uint Resource { get; init; }

    /// <summary>Bytes of data.</summary>
    public uint Length { get; init; }

    /// <summary>What to write.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsWriteRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsWriteRequest
        {
            Prefix = prefix,
            Resource = reader.U32(),
            Length = reader.U32(),
            Data = reader.Rest(),
        };
        return isPrefix && reader.Done() && message.Length == (uint)message.Data.Length;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Resource);
        writer.U32(Length);
        writer.Bytes(Data);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
