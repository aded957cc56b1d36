using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Trenameat. Move a directory entry. Spans point into the frame.</summary>
/// <remarks>size[4] Trenameat[1]=74 tag[2] olddirfid[4] oldname[s] newdirfid[4] newname[s]</remarks>
public readonly ref struct Trenameat : IWireMessage<Trenameat>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Trenameat;

    /// <summary>olddirfid of the message.</summary>
    public uint Olddirfid { get; init; }

    /// <summary>oldname of the message.</summary>
    public ReadOnlySpan<byte> Oldname { get; init; }

    /// <summary>newdirfid of the message.</summary>
    public uint Newdirfid { get; init; }

    /// <summary>newname of the message.</summary>
    public ReadOnlySpan<byte> Newname { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Oldname.Length + 4 + 2 + Newname.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Trenameat message)
    {
        var r = new LittleEndianReader(body);
        message = new Trenameat { Olddirfid = r.U32(), Oldname = r.Str(), Newdirfid = r.U32(), Newname = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Olddirfid);
        writer.Str(Oldname);
        writer.U32(Newdirfid);
        writer.Str(Newname);
    }
}
