using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tlink. Make a hard link; the first fid is the directory. Spans point into the frame.</summary>
/// <remarks>size[4] Tlink[1]=70 tag[2] dfid[4] fid[4] name[s]</remarks>
public readonly ref struct Tlink : IWireMessage<Tlink>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tlink;

    /// <summary>dfid of the message.</summary>
    public uint Dfid { get; init; }

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 2 + Name.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tlink message)
    {
        var r = new LittleEndianReader(body);
        message = new Tlink { Dfid = r.U32(), Fid = r.U32(), Name = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Dfid);
        writer.U32(Fid);
        writer.Str(Name);
    }
}
