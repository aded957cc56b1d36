using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rmknod. Answer to Tmknod. Spans point into the frame.</summary>
/// <remarks>size[4] Rmknod[1]=19 tag[2] qid[13]</remarks>
public readonly ref struct Rmknod : IWireMessage<Rmknod>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rmknod;

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rmknod message)
    {
        var r = new LittleEndianReader(body);
        message = new Rmknod { Qid = Qid.Read(ref r) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
    }
}
