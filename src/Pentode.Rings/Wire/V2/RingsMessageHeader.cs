using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire.V2;

/// <summary>What every message of protocol 2 begins with, 16 bytes.</summary>
/// <remarks><c>magic[4] type[2] count[2] length[4] serial[4]</c></remarks>
/// <param name="Type">Type.</param>
/// <param name="Count">Records, items or descriptors.</param>
/// <param name="Length">Bytes of the whole message.</param>
/// <param name="Serial">Number of the request.</param>
public readonly record struct RingsMessageHeader(RingsMessageType Type, ushort Count, uint Length, uint Serial = 0)
{
    /// <summary>Reads exactly a header; false when it is too short, too long or has another magic.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsMessageHeader header)
    {
        var reader = new LittleEndianReader(data);
        var isMagic = reader.U32() == RingsWire2.Magic;
        header = new RingsMessageHeader((RingsMessageType)reader.U16(), reader.U16(), reader.U32(), reader.U32());
        return isMagic && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U32(RingsWire2.Magic);
        writer.U16((ushort)Type);
        writer.U16(Count);
        writer.U32(Length);
        writer.U32(Serial);
        return writer.IsOverrun ? 0 : writer.Position;
    }

    /// <summary>
    /// Judges a header of a client before its body has come: <see cref="RingsGoodbyeReason.None"/> when a message of this type, count and
    /// length can be.
    /// </summary>
    public RingsGoodbyeReason Judge()
    {
        var (least, most, body) = Type switch
        {
            RingsMessageType.Submit => (1, RingsWire2.MaxBatch, Count * RingsWire2.SubmissionSize),
            RingsMessageType.RegisterFiles => (1, RingsWire2.MaxDescriptors, 0),
            RingsMessageType.RegisterRegion => (1, 1, RingsWire2.RegionRequestSize),
            RingsMessageType.Release => (1, RingsWire2.MaxReleases, Count * RingsWire2.ItemSize),
            RingsMessageType.SetupRing => (1, 1, RingsWire2.RingRequestSize),
            RingsMessageType.GetStats => (0, 0, 0),
            RingsMessageType.SetWeight => (1, 1, RingsWire2.ItemSize),
            _ => (-1, -1, 0),
        };
        if (least < 0)
            return RingsGoodbyeReason.Type;
        if (Length is < RingsWire2.HeaderSize or > RingsWire2.MaxMessage)
            return RingsGoodbyeReason.Length;
        if (Count < least || Count > most)
            return RingsGoodbyeReason.Count;
        var needed = RingsWire2.HeaderSize + (uint)body;
        return Length == needed || (Type == RingsMessageType.Submit && Length > needed) ? RingsGoodbyeReason.None : RingsGoodbyeReason.Length;
    }
}
