using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Start of every request, 16 bytes; all of REGISTER_FD, GET_STATS and NOP.</summary>
/// <remarks><c>magic[4] version_major[2] version_minor[2] kind[2] priority[2] reserved[4]</c></remarks>
public readonly record struct RingsPrefix(RingsKind Kind, RingsPriority Priority = RingsPriority.Normal)
{
    /// <summary>Reads exactly this message; false when it is too short, too long, of another version, or the last four bytes are not 0.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsPrefix message)
    {
        var reader = new LittleEndianReader(data);
        var isHeader = RingsHeader.TryRead(reader.Bytes(RingsWire.HeaderSize), out var header);
        message = new RingsPrefix((RingsKind)reader.U16(), (RingsPriority)reader.U16());
        var reserved = reader.U32();
        return isHeader && reader.Done() && header == RingsHeader.Current && reserved == 0;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Write(ref writer);
        return writer.IsOverrun ? 0 : writer.Position;
    }

    internal void Write(ref LittleEndianWriter writer)
    {
        RingsHeader.Current.Write(ref writer);
        writer.U16((ushort)Kind);
        writer.U16((ushort)Priority);
        writer.U32(0);
    }
}
