using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Trename. Move the object of a fid. Spans point into the frame.</summary>
/// <remarks>size[4] Trename[1]=20 tag[2] fid[4] newdirfid[4] name[s]</remarks>
public readonly ref struct Trename : IWireMessage<Trename>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Trename;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>newdirfid of the message.</summary>
    public uint Newdirfid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 2 + Name.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Trename message)
    {
        var r = new LittleEndianReader(body);
        message = new Trename { Fid = r.U32(), Newdirfid = r.U32(), Name = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Newdirfid);
        writer.Str(Name);
    }
}
