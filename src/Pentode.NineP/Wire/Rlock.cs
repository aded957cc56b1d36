using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rlock. Answer to Tlock. Spans point into the frame.</summary>
/// <remarks>size[4] Rlock[1]=53 tag[2] status[1]</remarks>
public readonly ref struct Rlock : IWireMessage<Rlock>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rlock;

    /// <summary>status of the message.</summary>
    public byte Status { get; init; }

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rlock message)
    {
        var r = new LittleEndianReader(body);
        message = new Rlock { Status = r.U8() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U8(Status);
    }
}
