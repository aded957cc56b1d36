using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rreaddir. Answer to Treaddir. Spans point into the frame.</summary>
/// <remarks>size[4] Rreaddir[1]=41 tag[2] count[4] data</remarks>
public readonly ref struct Rreaddir : IWireMessage<Rreaddir>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rreaddir;

    /// <summary>count and data of the message.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + Data.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rreaddir message)
    {
        var r = new LittleEndianReader(body);
        var count = r.U32();
        message = new Rreaddir { Data = r.Bytes(count > int.MaxValue ? -1 : (int)count) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32((uint)Data.Length);
        writer.Bytes(Data);
    }
}
