using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rauth. Answer to Tauth. Spans point into the frame.</summary>
/// <remarks>size[4] Rauth[1]=103 tag[2] aqid[13]</remarks>
public readonly ref struct Rauth : IWireMessage<Rauth>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rauth;

    /// <summary>aqid of the message.</summary>
    public Qid Aqid { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rauth message)
    {
        var r = new LittleEndianReader(body);
        message = new Rauth { Aqid = Qid.Read(ref r) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Aqid.Write(ref writer);
    }
}
