using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>ACCEPT, 24 bytes.</summary>
/// <remarks><c>prefix[16] resource[4] sockaddr_length[4]</c></remarks>
public readonly ref struct RingsAcceptRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Listening socket resource.</summary>
    public uint Resource { get; init; }

    /// <summary>Bytes of the peer address wanted; 0 for none.</summary>
    public uint AddressLength { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsAcceptRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsAcceptRequest
        {
            Prefix = prefix,
            Resource = reader.U32(),
            AddressLength = reader.U32(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Resource);
        writer.U32(AddressLength);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
