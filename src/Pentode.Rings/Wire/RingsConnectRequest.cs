using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>CONNECT, 24 bytes and the address.</summary>
/// <remarks><c>prefix[16] resource[4] length[4] sockaddr[length]</c></remarks>
public readonly ref struct RingsConnectRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Socket resource.</summary>
    public uint Resource { get; init; }

    /// <summary>Bytes of the address.</summary>
    public uint Length { get; init; }

    /// <summary>Raw sockaddr.</summary>
    public ReadOnlySpan<byte> Address { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsConnectRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsConnectRequest
        {
            Prefix = prefix,
            Resource = reader.U32(),
            Length = reader.U32(),
            Address = reader.Rest(),
        };
        return isPrefix && reader.Done() && message.Length == (uint)message.Address.Length;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Resource);
        writer.U32(Length);
        writer.Bytes(Address);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
