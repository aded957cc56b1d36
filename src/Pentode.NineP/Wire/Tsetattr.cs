using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tsetattr. Change attributes. Spans point into the frame.</summary>
/// <remarks>size[4] Tsetattr[1]=26 tag[2] fid[4] valid[4] mode[4] uid[4] gid[4] size[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8]</remarks>
public readonly ref struct Tsetattr : IWireMessage<Tsetattr>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tsetattr;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>valid of the message.</summary>
    public uint Valid { get; init; }

    /// <summary>mode of the message.</summary>
    public uint Mode { get; init; }

    /// <summary>uid of the message.</summary>
    public uint Uid { get; init; }

    /// <summary>gid of the message.</summary>
    public uint Gid { get; init; }

    /// <summary>size of the message.</summary>
    public ulong Length { get; init; }

    /// <summary>atime_sec of the message.</summary>
    public ulong AtimeSec { get; init; }

    /// <summary>atime_nsec of the message.</summary>
    public ulong AtimeNsec { get; init; }

    /// <summary>mtime_sec of the message.</summary>
    public ulong MtimeSec { get; init; }

    /// <summary>mtime_nsec of the message.</summary>
    public ulong MtimeNsec { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 8;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tsetattr message)
    {
        var r = new LittleEndianReader(body);
        message = new Tsetattr { Fid = r.U32(), Valid = r.U32(), Mode = r.U32(), Uid = r.U32(), Gid = r.U32(), Length = r.U64(), AtimeSec = r.U64(), AtimeNsec = r.U64(), MtimeSec = r.U64(), MtimeNsec = r.U64() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Valid);
        writer.U32(Mode);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.U64(Length);
        writer.U64(AtimeSec);
        writer.U64(AtimeNsec);
        writer.U64(MtimeSec);
        writer.U64(MtimeNsec);
    }
}
