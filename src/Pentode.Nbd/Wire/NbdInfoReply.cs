using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Data of one INFO reply: the type and what belongs to it.</summary>
/// <remarks><c>type[2]</c>, then EXPORT <c>size[8] flags[2]</c>, BLOCK_SIZE <c>minimum[4] preferred[4] maximum[4]</c>, NAME and DESCRIPTION text.</remarks>
public readonly ref struct NbdInfoReply
{
    /// <summary>Which information; unknown types have only <see cref="Text"/>.</summary>
    public NbdInfo Type { get; init; }

    /// <summary>EXPORT: bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>EXPORT: what the export offers.</summary>
    public NbdTransmissionFlags Flags { get; init; }

    /// <summary>BLOCK_SIZE: offsets and lengths are multiples of this.</summary>
    public uint Minimum { get; init; }

    /// <summary>BLOCK_SIZE: best size.</summary>
    public uint Preferred { get; init; }

    /// <summary>BLOCK_SIZE: largest payload; 0xffffffff means no limit.</summary>
    public uint Maximum { get; init; }

    /// <summary>NAME, DESCRIPTION and unknown types: the bytes.</summary>
    public ReadOnlySpan<byte> Text { get; init; }

    /// <summary>False when the length does not fit the type or a text is too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdInfoReply reply)
    {
        var reader = new BigEndianReader(data);
        var type = (NbdInfo)reader.U16();
        reply = type switch
        {
            NbdInfo.NBD_INFO_EXPORT => new NbdInfoReply { Type = type, Size = reader.U64(), Flags = (NbdTransmissionFlags)reader.U16() },
            NbdInfo.NBD_INFO_BLOCK_SIZE => new NbdInfoReply { Type = type, Minimum = reader.U32(), Preferred = reader.U32(), Maximum = reader.U32() },
            _ => new NbdInfoReply { Type = type, Text = reader.Rest() },
        };
        return reader.Done() && reply.Text.Length <= NbdWire.MaxString;
    }
}
