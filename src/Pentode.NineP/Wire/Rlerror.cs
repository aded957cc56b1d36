using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rlerror. Error answer to any request. Spans point into the frame.</summary>
/// <remarks>size[4] Rlerror[1]=7 tag[2] ecode[4]</remarks>
public readonly ref struct Rlerror : IWireMessage<Rlerror>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rlerror;

    /// <summary>ecode of the message.</summary>
    public uint Ecode { get; init; }

    /// <inheritdoc/>
    public int Size => 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rlerror message)
    {
        var r = new LittleEndianReader(body);
        message = new Rlerror { Ecode = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Ecode);
    }
}
