using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>POLL, 24 bytes.</summary>
/// <remarks><c>prefix[16] resource[4] mask[2] reserved[2]</c></remarks>
public readonly ref struct RingsPollRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Descriptor resource.</summary>
    public uint Resource { get; init; }

    /// <summary>Events of poll(2).</summary>
    public ushort Mask { get; init; }

    /// <summary>0.</summary>
    public ushort Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsPollRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsPollRequest
        {
            Prefix = prefix,
            Resource = reader.U32(),
            Mask = reader.U16(),
            Reserved = reader.U16(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Resource);
        writer.U16(Mask);
        writer.U16(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
