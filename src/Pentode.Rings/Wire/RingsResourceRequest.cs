using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>CLOSE and RELEASE_RESOURCE, 24 bytes.</summary>
/// <remarks><c>prefix[16] resource[4] reserved[4]</c></remarks>
public readonly ref struct RingsResourceRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>CLOSE: descriptor resource. RELEASE_RESOURCE: descriptor or buffer resource.</summary>
    public uint Resource { get; init; }

    /// <summary>0 for CLOSE; not checked by servers for RELEASE_RESOURCE.</summary>
    public uint Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsResourceRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsResourceRequest
        {
            Prefix = prefix,
            Resource = reader.U32(),
            Reserved = reader.U32(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Resource);
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
