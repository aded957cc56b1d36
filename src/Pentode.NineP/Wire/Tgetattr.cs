using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tgetattr. Attributes of a fid. Spans point into the frame.</summary>
/// <remarks>size[4] Tgetattr[1]=24 tag[2] fid[4] request_mask[8]</remarks>
public readonly ref struct Tgetattr : IWireMessage<Tgetattr>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tgetattr;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>request_mask of the message.</summary>
    public ulong RequestMask { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 8;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tgetattr message)
    {
        var r = new LittleEndianReader(body);
        message = new Tgetattr { Fid = r.U32(), RequestMask = r.U64() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U64(RequestMask);
    }
}
