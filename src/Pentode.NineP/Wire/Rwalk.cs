using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rwalk. Answer to Twalk. Spans point into the frame.</summary>
/// <remarks>size[4] Rwalk[1]=111 tag[2] nwqid[2] nwqid*(qid[13])</remarks>
public readonly ref struct Rwalk : IWireMessage<Rwalk>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rwalk;

    /// <summary>The qids as on the wire, 13 bytes each.</summary>
    public ReadOnlySpan<byte> Qids { get; init; }

    /// <inheritdoc/>
    public int Size => 2 + Qids.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rwalk message)
    {
        var r = new LittleEndianReader(body);
        var count = r.U16();
        message = new Rwalk { Qids = r.Bytes(count * Qid.Size) };
        return count <= P9Limits.MaxWalkNames && r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U16((ushort)(Qids.Length / Qid.Size));
        writer.Bytes(Qids);
    }
}
