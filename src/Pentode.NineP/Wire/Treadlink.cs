using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Treadlink. Read a symbolic link. Spans point into the frame.</summary>
/// <remarks>size[4] Treadlink[1]=22 tag[2] fid[4]</remarks>
public readonly ref struct Treadlink : IWireMessage<Treadlink>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Treadlink;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <inheritdoc/>
    public int Size => 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Treadlink message)
    {
        var r = new LittleEndianReader(body);
        message = new Treadlink { Fid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
    }
}
