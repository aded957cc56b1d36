using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tmkdir. Make a directory. Spans point into the frame.</summary>
/// <remarks>size[4] Tmkdir[1]=72 tag[2] dfid[4] name[s] mode[4] gid[4]</remarks>
public readonly ref struct Tmkdir : IWireMessage<Tmkdir>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tmkdir;

    /// <summary>dfid of the message.</summary>
    public uint Dfid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>mode of the message.</summary>
    public uint Mode { get; init; }

    /// <summary>gid of the message.</summary>
    public uint Gid { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Name.Length + 4 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tmkdir message)
    {
        var r = new LittleEndianReader(body);
        message = new Tmkdir { Dfid = r.U32(), Name = r.Str(), Mode = r.U32(), Gid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Dfid);
        writer.Str(Name);
        writer.U32(Mode);
        writer.U32(Gid);
    }
}
