using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tclunk. Forget a fid. Spans point into the frame.</summary>
/// <remarks>size[4] Tclunk[1]=120 tag[2] fid[4]</remarks>
public readonly ref struct Tclunk : IWireMessage<Tclunk>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tclunk;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <inheritdoc/>
    public int Size => 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tclunk message)
    {
        var r = new LittleEndianReader(body);
        message = new Tclunk { Fid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
    }
}
