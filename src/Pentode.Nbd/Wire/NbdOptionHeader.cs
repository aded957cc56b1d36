using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Head of an option, 16 bytes.</summary>
/// <remarks><c>IHAVEOPT[8] option[4] length[4] data[length]</c></remarks>
public readonly ref struct NbdOptionHeader
{
    /// <summary>The option.</summary>
    public NbdOption Option { get; init; }

    /// <summary>Bytes that follow.</summary>
    public uint Length { get; init; }

    /// <summary>False when too short or the magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdOptionHeader header)
    {
        var reader = new BigEndianReader(data);
        var magic = reader.U64();
        header = new NbdOptionHeader { Option = (NbdOption)reader.U32(), Length = reader.U32() };
        return !reader.IsOverrun && magic == NbdWire.IHaveOpt;
    }

    /// <summary>Writes the 16 bytes.</summary>
    public static int Write(Span<byte> to, NbdOption option, uint length)
    {
        var writer = new BigEndianWriter(to);
        writer.U64(NbdWire.IHaveOpt);
        writer.U32((uint)option);
        writer.U32(length);
        return writer.Position;
    }

    /// <summary>Head of an option reply: <c>magic[8] option[4] type[4] length[4]</c>.</summary>
    public static void WriteReply(ref BigEndianWriter writer, NbdOption option, NbdOptionReply type, uint length)
    {
        writer.U64(NbdWire.OptionReplyMagic);
        writer.U32((uint)option);
        writer.U32((uint)type);
        writer.U32(length);
    }
}
