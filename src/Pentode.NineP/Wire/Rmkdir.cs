using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rmkdir. Answer to Tmkdir. Spans point into the frame.</summary>
/// <remarks>size[4] Rmkdir[1]=73 tag[2] qid[13]</remarks>
public readonly ref struct Rmkdir : IWireMessage<Rmkdir>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rmkdir;

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rmkdir message)
    {
        var r = new LittleEndianReader(body);
        message = new Rmkdir { Qid = Qid.Read(ref r) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
    }
}
