using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Twrite. Write. Spans point into the frame.</summary>
/// <remarks>size[4] Twrite[1]=118 tag[2] fid[4] offset[8] count[4] data</remarks>
public readonly ref struct Twrite : IWireMessage<Twrite>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Twrite;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>offset of the message.</summary>
    public ulong Offset { get; init; }

    /// <summary>count and data of the message.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 8 + 4 + Data.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Twrite message)
    {
        var r = new LittleEndianReader(body);
        var fid = r.U32();
        var offset = r.U64();
        var count = r.U32();
        message = new Twrite { Fid = fid, Offset = offset, Data = r.Bytes(count > int.MaxValue ? -1 : (int)count) };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U64(Offset);
        writer.U32((uint)Data.Length);
        writer.Bytes(Data);
    }
}
