using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tremove. Remove the object of a fid and forget the fid. Spans point into the frame.</summary>
/// <remarks>size[4] Tremove[1]=122 tag[2] fid[4]</remarks>
public readonly ref struct Tremove : IWireMessage<Tremove>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tremove;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <inheritdoc/>
    public int Size => 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tremove message)
    {
        var r = new LittleEndianReader(body);
        message = new Tremove { Fid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
    }
}
