using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rlopen. Answer to Tlopen. Spans point into the frame.</summary>
/// <remarks>size[4] Rlopen[1]=13 tag[2] qid[13] iounit[4]</remarks>
public readonly ref struct Rlopen : IWireMessage<Rlopen>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rlopen;

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <summary>iounit of the message.</summary>
    public uint Iounit { get; init; }

    /// <inheritdoc/>
    public int Size => Qid.Size + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rlopen message)
    {
        var r = new LittleEndianReader(body);
        message = new Rlopen { Qid = Qid.Read(ref r), Iounit = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
        writer.U32(Iounit);
    }
}
