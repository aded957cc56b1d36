using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tattach. Make a fid of an export's root. Spans point into the frame.</summary>
/// <remarks>size[4] Tattach[1]=104 tag[2] fid[4] afid[4] uname[s] aname[s] n_uname[4]</remarks>
public readonly ref struct Tattach : IWireMessage<Tattach>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tattach;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>afid of the message.</summary>
    public uint Afid { get; init; }

    /// <summary>uname of the message.</summary>
    public ReadOnlySpan<byte> Uname { get; init; }

    /// <summary>aname of the message.</summary>
    public ReadOnlySpan<byte> Aname { get; init; }

    /// <summary>n_uname of the message.</summary>
    public uint NUname { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 2 + Uname.Length + 2 + Aname.Length + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tattach message)
    {
        var r = new LittleEndianReader(body);
        message = new Tattach { Fid = r.U32(), Afid = r.U32(), Uname = r.Str(), Aname = r.Str(), NUname = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Afid);
        writer.Str(Uname);
        writer.Str(Aname);
        writer.U32(NUname);
    }
}
