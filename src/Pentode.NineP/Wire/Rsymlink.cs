using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rsymlink. Answer to Tsymlink. Spans point into the frame.</summary>
/// <remarks>size[4] Rsymlink[1]=17 tag[2] qid[13]</remarks>
public readonly ref struct Rsymlink : IWireMessage<Rsymlink>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rsymlink;

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rsymlink message)
    {
        var r = new LittleEndianReader(body);
        message = new Rsymlink { Qid = Qid.Read(ref r) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
    }
}
