using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rattach. Answer to Tattach. Spans point into the frame.</summary>
/// <remarks>size[4] Rattach[1]=105 tag[2] qid[13]</remarks>
public readonly ref struct Rattach : IWireMessage<Rattach>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rattach;

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rattach message)
    {
        var r = new LittleEndianReader(body);
        message = new Rattach { Qid = Qid.Read(ref r) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
    }
}
