using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire.V2;

/// <summary>Body of SETUP_RING, 24 bytes.</summary>
/// <remarks><c>region[2] reserved[2] entries[4] offset[8] reserved[8]</c></remarks>
/// <param name="Region">Region the ring lies in.</param>
/// <param name="Entries">Submissions, a power of two.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Reserved">Both reserved fields together: 0.</param>
public readonly record struct RingsRingRequest(ushort Region, uint Entries, ulong Offset, ulong Reserved = 0)
{
    /// <summary>Reads exactly this body; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsRingRequest body)
    {
        var reader = new LittleEndianReader(data);
        var region = reader.U16();
        var reserved = reader.U16();
        body = new RingsRingRequest(region, reader.U32(), reader.U64(), reader.U64() | reserved);
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U16(Region);
        writer.U16(0);
        writer.U32(Entries);
        writer.U64(Offset);
        writer.U64(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
