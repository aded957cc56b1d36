using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>CANCEL, 24 bytes.</summary>
/// <remarks><c>prefix[16] target[8]</c></remarks>
public readonly ref struct RingsCancelRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Task id.</summary>
    public ulong Target { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsCancelRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsCancelRequest
        {
            Prefix = prefix,
            Target = reader.U64(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U64(Target);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
