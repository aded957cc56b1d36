using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rgetlock. Answer to Tgetlock. Spans point into the frame.</summary>
/// <remarks>size[4] Rgetlock[1]=55 tag[2] type[1] start[8] length[8] proc_id[4] client_id[s]</remarks>
public readonly ref struct Rgetlock : IWireMessage<Rgetlock>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rgetlock;

    /// <summary>type of the message.</summary>
    public byte Kind { get; init; }

    /// <summary>start of the message.</summary>
    public ulong Start { get; init; }

    /// <summary>length of the message.</summary>
    public ulong Length { get; init; }

    /// <summary>proc_id of the message.</summary>
    public uint ProcId { get; init; }

    /// <summary>client_id of the message.</summary>
    public ReadOnlySpan<byte> ClientId { get; init; }

    /// <inheritdoc/>
    public int Size => 1 + 8 + 8 + 4 + 2 + ClientId.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rgetlock message)
    {
        var r = new LittleEndianReader(body);
        message = new Rgetlock { Kind = r.U8(), Start = r.U64(), Length = r.U64(), ProcId = r.U32(), ClientId = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U8(Kind);
        writer.U64(Start);
        writer.U64(Length);
        writer.U32(ProcId);
        writer.Str(ClientId);
    }
}
