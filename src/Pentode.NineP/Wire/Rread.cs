using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rread. Answer to Tread. Spans point into the frame.</summary>
/// <remarks>size[4] Rread[1]=117 tag[2] count[4] data</remarks>
public readonly ref struct Rread : IWireMessage<Rread>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rread;

    /// <summary>count and data of the message.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + Data.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rread message)
    {
        var r = new LittleEndianReader(body);
        var count = r.U32();
        message = new Rread { Data = r.Bytes(count > int.MaxValue ? -1 : (int)count) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32((uint)Data.Length);
        writer.Bytes(Data);
    }
}
