using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rlcreate. Answer to Tlcreate. Spans point into the frame.</summary>
/// <remarks>size[4] Rlcreate[1]=15 tag[2] qid[13] iounit[4]</remarks>
public readonly ref struct Rlcreate : IWireMessage<Rlcreate>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rlcreate;

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <summary>iounit of the message.</summary>
    public uint Iounit { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rlcreate message)
    {
        var r = new LittleEndianReader(body);
        message = new Rlcreate { Qid = Qid.Read(ref r), Iounit = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
        writer.U32(Iounit);
    }
}
