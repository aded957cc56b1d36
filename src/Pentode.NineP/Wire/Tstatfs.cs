using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tstatfs. File system statistics. Spans point into the frame.</summary>
/// <remarks>size[4] Tstatfs[1]=8 tag[2] fid[4]</remarks>
public readonly ref struct Tstatfs : IWireMessage<Tstatfs>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tstatfs;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <inheritdoc/>
    public int Size => 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tstatfs message)
    {
        var r = new LittleEndianReader(body);
        message = new Tstatfs { Fid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
    }
}
