using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>OPENAT, 28 bytes and the path.</summary>
/// <remarks><c>prefix[16] flags[4] mode[4] length[4] path[length]</c></remarks>
public readonly ref struct RingsOpenAtRequest
{
    /// <summary>The first 16 bytes.</summary>
    public RingsPrefix Prefix { get; init; }

    /// <summary>O_ bits of the host.</summary>
    public int Flags { get; init; }

    /// <summary>Mode of a created file.</summary>
    public uint Mode { get; init; }

    /// <summary>Bytes of the path with its final NUL.</summary>
    public uint Length { get; init; }

    /// <summary>The path with its final NUL.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsOpenAtRequest message)
    {
        var reader = new LittleEndianReader(data);
        var isPrefix = RingsPrefix.TryRead(reader.Bytes(RingsWire.PrefixSize), out var prefix);
        message = new RingsOpenAtRequest
        {
            Prefix = prefix,
            Flags = (int)reader.U32(),
            Mode = reader.U32(),
            Length = reader.U32(),
            Path = reader.Rest(),
        };
        return isPrefix && reader.Done() && message.Length == (uint)message.Path.Length;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        Prefix.Write(ref writer);
        writer.U32((uint)Flags);
        writer.U32(Mode);
        writer.U32(Length);
        writer.Bytes(Path);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
