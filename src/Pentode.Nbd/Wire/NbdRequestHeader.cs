using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>A compact request, 28 bytes.</summary>
/// <remarks><c>magic[4] flags[2] type[2] cookie[8] offset[8] length[4]</c></remarks>
public readonly ref struct NbdRequestHeader
{
    /// <summary>Must be <see cref="NbdWire.RequestMagic"/>.</summary>
    public uint Magic { get; init; }

    /// <summary>Flags.</summary>
    public NbdCommandFlags Flags { get; init; }

    /// <summary>Command.</summary>
    public NbdCommand Type { get; init; }

    /// <summary>Opaque, echoed.</summary>
    public ulong Cookie { get; init; }

    /// <summary>First byte.</summary>
    public ulong Offset { get; init; }

    /// <summary>Bytes.</summary>
    public uint Length { get; init; }

    /// <summary>Reads the header at the start of <paramref name="data"/>; false when it is too short or the magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdRequestHeader header)
    {
        var reader = new BigEndianReader(data);
        header = new NbdRequestHeader
        {
            Magic = reader.U32(),
            Flags = (NbdCommandFlags)reader.U16(),
            Type = (NbdCommand)reader.U16(),
            Cookie = reader.U64(),
            Offset = reader.U64(),
            Length = reader.U32(),
        };
        return !reader.IsOverrun && header.Magic == NbdWire.RequestMagic;
    }

    /// <summary>Writes the 28 bytes.</summary>
    public static int Write(Span<byte> to, NbdCommand type, NbdCommandFlags flags, ulong cookie, ulong offset, uint length)
    {
        var writer = new BigEndianWriter(to);
        writer.U32(NbdWire.RequestMagic);
        writer.U16((ushort)flags);
        writer.U16((ushort)type);
        writer.U64(cookie);
        writer.U64(offset);
        writer.U32(length);
        return writer.Position;
    }
}
