using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tfsync. Make a file durable. Spans point into the frame.</summary>
/// <remarks>size[4] Tfsync[1]=50 tag[2] fid[4] datasync[4]</remarks>
public readonly ref struct Tfsync : IWireMessage<Tfsync>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tfsync;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>datasync of the message.</summary>
    public uint Datasync { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tfsync message)
    {
        var r = new LittleEndianReader(body);
        var fid = r.U32();
        // Old clients leave the datasync word out.
        message = new Tfsync { Fid = fid, Datasync = r.Remaining == 0 ? 0 : r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Datasync);
    }
}
