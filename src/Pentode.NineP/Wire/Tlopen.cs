using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tlopen. Open a walked fid. Spans point into the frame.</summary>
/// <remarks>size[4] Tlopen[1]=12 tag[2] fid[4] flags[4]</remarks>
public readonly ref struct Tlopen : IWireMessage<Tlopen>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tlopen;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>flags of the message.</summary>
    public uint Flags { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tlopen message)
    {
        var r = new LittleEndianReader(body);
        message = new Tlopen { Fid = r.U32(), Flags = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Flags);
    }
}
