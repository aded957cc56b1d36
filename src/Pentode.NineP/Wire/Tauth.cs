using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tauth. Start authentication. Spans point into the frame.</summary>
/// <remarks>size[4] Tauth[1]=102 tag[2] afid[4] uname[s] aname[s] n_uname[4]</remarks>
public readonly ref struct Tauth : IWireMessage<Tauth>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tauth;

    /// <summary>afid of the message.</summary>
    public uint Afid { get; init; }

    /// <summary>uname of the message.</summary>
    public ReadOnlySpan<byte> Uname { get; init; }

    /// <summary>aname of the message.</summary>
    public ReadOnlySpan<byte> Aname { get; init; }

    /// <summary>n_uname of the message.</summary>
    public uint NUname { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Uname.Length + 2 + Aname.Length + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tauth message)
    {
        var r = new LittleEndianReader(body);
        message = new Tauth { Afid = r.U32(), Uname = r.Str(), Aname = r.Str(), NUname = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Afid);
        writer.Str(Uname);
        writer.Str(Aname);
        writer.U32(NUname);
    }
}
