using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>TIMEOUT, 24 bytes.</summary>
/// <remarks><c>prefix[16] timeout_nsec[8]</c></remarks>
public readonly ref struct RingsTimeoutRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Nanoseconds from now.</summary>
    public ulong TimeoutNsec { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsTimeoutRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsTimeoutRequest
        {
            Prefix = prefix,
            TimeoutNsec = reader.U64(),
        };
        return isPrefix && reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U64(TimeoutNsec);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
