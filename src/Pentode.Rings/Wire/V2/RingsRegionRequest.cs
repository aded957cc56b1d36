using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire.V2;

/// <summary>Body of REGISTER_REGION, 16 bytes.</summary>
/// <remarks><c>size[8] flags[4] reserved[4]</c></remarks>
/// <param name="Size">Bytes of the memory.</param>
/// <param name="Flags">0.</param>
/// <param name="Reserved">0.</param>
public readonly record struct RingsRegionRequest(ulong Size, uint Flags = 0, uint Reserved = 0)
{
    /// <summary>Reads exactly this body; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsRegionRequest body)
    {
        var reader = new LittleEndianReader(data);
        body = new RingsRegionRequest(reader.U64(), reader.U32(), reader.U32());
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U64(Size);
        writer.U32(Flags);
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
