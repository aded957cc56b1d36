using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rwrite. Answer to Twrite. Spans point into the frame.</summary>
/// <remarks>size[4] Rwrite[1]=119 tag[2] count[4]</remarks>
public readonly ref struct Rwrite : IWireMessage<Rwrite>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rwrite;

    /// <summary>count of the message.</summary>
    public uint Count { get; init; }

    /// <inheritdoc/>
    public int Size => 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rwrite message)
    {
        var r = new LittleEndianReader(body);
        message = new Rwrite { Count = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Count);
    }
}
