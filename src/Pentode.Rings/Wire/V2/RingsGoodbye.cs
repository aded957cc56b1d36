using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire.V2;

/// <summary>Body of GOODBYE, 8 bytes.</summary>
/// <remarks><c>reason[4] type[4]</c></remarks>
/// <param name="Reason">Why.</param>
/// <param name="About">The message it is about, or none.</param>
public readonly record struct RingsGoodbye(RingsGoodbyeReason Reason, RingsMessageType About)
{
    /// <summary>Reads exactly this body; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsGoodbye body)
    {
        var reader = new LittleEndianReader(data);
        body = new RingsGoodbye((RingsGoodbyeReason)reader.U32(), (RingsMessageType)reader.U32());
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U32((uint)Reason);
        writer.U32((uint)About);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
