using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rxattrwalk. Answer to Txattrwalk. Spans point into the frame.</summary>
/// <remarks>size[4] Rxattrwalk[1]=31 tag[2] size[8]</remarks>
public readonly ref struct Rxattrwalk : IWireMessage<Rxattrwalk>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rxattrwalk;

    /// <summary>size of the message.</summary>
    public ulong Length { get; init; }

    /// <inheritdoc/>
    public int Size => 8;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rxattrwalk message)
    {
        var r = new LittleEndianReader(body);
        message = new Rxattrwalk { Length = r.U64() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Length);
    }
}
