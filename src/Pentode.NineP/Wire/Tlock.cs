using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tlock. Take or release a byte-range lock. Spans point into the frame.</summary>
/// <remarks>size[4] Tlock[1]=52 tag[2] fid[4] type[1] flags[4] start[8] length[8] proc_id[4] client_id[s]</remarks>
public readonly ref struct Tlock : IWireMessage<Tlock>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tlock;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>type of the message.</summary>
    public byte Kind { get; init; }

    /// <summary>flags of the message.</summary>
    public uint Flags { get; init; }

    /// <summary>start of the message.</summary>
    public ulong Start { get; init; }

    /// <summary>length of the message.</summary>
    public ulong Length { get; init; }

    /// <summary>proc_id of the message.</summary>
    public uint ProcId { get; init; }

    /// <summary>client_id of the message.</summary>
    public ReadOnlySpan<byte> ClientId { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 1 + 4 + 8 + 8 + 4 + 2 + ClientId.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tlock message)
    {
        var r = new LittleEndianReader(body);
        message = new Tlock { Fid = r.U32(), Kind = r.U8(), Flags = r.U32(), Start = r.U64(), Length = r.U64(), ProcId = r.U32(), ClientId = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U8(Kind);
        writer.U32(Flags);
        writer.U64(Start);
        writer.U64(Length);
        writer.U32(ProcId);
        writer.Str(ClientId);
    }
}
