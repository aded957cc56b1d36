using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>REGISTER_BUFFER, 24 bytes and the first content.</summary>
/// <remarks><c>prefix[16] length[4] reserved[4] data[length]</c></remarks>
public readonly ref struct RingsRegisterBufferRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>Bytes of data; may be 0.</summary>
    public uint Length { get; init; }

    /// <summary>0.</summary>
    public uint Reserved { get; init; }

    /// <summary>First content of the buffer.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsRegisterBufferRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsRegisterBufferRequest
        {
            Prefix = prefix,
            Length = reader.U32(),
            Reserved = reader.U32(),
            Data = reader.Rest(),
        };
        return isPrefix && reader.Done() && message.Length == (uint)message.Data.Length;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32(Length);
        writer.U32(Reserved);
        writer.Bytes(Data);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
