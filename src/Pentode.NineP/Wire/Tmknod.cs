using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tmknod. Make a special file. Spans point into the frame.</summary>
/// <remarks>size[4] Tmknod[1]=18 tag[2] dfid[4] name[s] mode[4] major[4] minor[4] gid[4]</remarks>
public readonly ref struct Tmknod : IWireMessage<Tmknod>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tmknod;

    /// <summary>dfid of the message.</summary>
    public uint Dfid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>mode of the message.</summary>
    public uint Mode { get; init; }

    /// <summary>major of the message.</summary>
    public uint Major { get; init; }

    /// <summary>minor of the message.</summary>
    public uint Minor { get; init; }

    /// <summary>gid of the message.</summary>
    public uint Gid { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Name.Length + 4 + 4 + 4 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tmknod message)
    {
        var r = new LittleEndianReader(body);
        message = new Tmknod { Dfid = r.U32(), Name = r.Str(), Mode = r.U32(), Major = r.U32(), Minor = r.U32(), Gid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Dfid);
        writer.Str(Name);
        writer.U32(Mode);
        writer.U32(Major);
        writer.U32(Minor);
        writer.U32(Gid);
    }
}
