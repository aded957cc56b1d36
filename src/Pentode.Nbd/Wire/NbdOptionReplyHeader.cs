using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Head of an option reply, 20 bytes.</summary>
/// <remarks><c>magic[8] option[4] type[4] length[4] data[length]</c></remarks>
public readonly ref struct NbdOptionReplyHeader
{
    /// <summary>The option answered.</summary>
    public NbdOption Option { get; init; }

    /// <summary>What the answer is.</summary>
    public NbdOptionReply Type { get; init; }

    /// <summary>Bytes that follow.</summary>
    public uint Length { get; init; }

    /// <summary>False when too short or the magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdOptionReplyHeader header)
    {
        var reader = new BigEndianReader(data);
        var magic = reader.U64();
        header = new NbdOptionReplyHeader { Option = (NbdOption)reader.U32(), Type = (NbdOptionReply)reader.U32(), Length = reader.U32() };
        return !reader.IsOverrun && magic == NbdWire.OptionReplyMagic;
    }
}
