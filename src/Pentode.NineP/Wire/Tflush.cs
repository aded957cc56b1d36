using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tflush. Forget a request. Spans point into the frame.</summary>
/// <remarks>size[4] Tflush[1]=108 tag[2] oldtag[2]</remarks>
public readonly ref struct Tflush : IWireMessage<Tflush>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tflush;

    /// <summary>oldtag of the message.</summary>
    public ushort Oldtag { get; init; }

    /// <inheritdoc/>
    public int Size => 2;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tflush message)
    {
        var r = new LittleEndianReader(body);
        message = new Tflush { Oldtag = r.U16() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U16(Oldtag);
    }
}
