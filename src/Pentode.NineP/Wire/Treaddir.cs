using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Treaddir. Read directory entries. Spans point into the frame.</summary>
/// <remarks>size[4] Treaddir[1]=40 tag[2] fid[4] offset[8] count[4]</remarks>
public readonly ref struct Treaddir : IWireMessage<Treaddir>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Treaddir;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>offset of the message.</summary>
    public ulong Offset { get; init; }

    /// <summary>count of the message.</summary>
    public uint Count { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 8 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Treaddir message)
    {
        var r = new LittleEndianReader(body);
        message = new Treaddir { Fid = r.U32(), Offset = r.U64(), Count = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U64(Offset);
        writer.U32(Count);
    }
}
