using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rgetattr. Answer to Tgetattr. Spans point into the frame.</summary>
/// <remarks>size[4] Rgetattr[1]=25 tag[2] valid[8] qid[13] mode[4] uid[4] gid[4] nlink[8] rdev[8] size[8] blksize[8] blocks[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8] ctime_sec[8] ctime_nsec[8] btime_sec[8] btime_nsec[8] gen[8] data_version[8]</remarks>
public readonly ref struct Rgetattr : IWireMessage<Rgetattr>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rgetattr;

    /// <summary>valid of the message.</summary>
    public ulong Valid { get; init; }

    /// <summary>qid of the message.</summary>
    public Qid Qid { get; init; }

    /// <summary>mode of the message.</summary>
    public uint Mode { get; init; }

    /// <summary>uid of the message.</summary>
    public uint Uid { get; init; }

    /// <summary>gid of the message.</summary>
    public uint Gid { get; init; }

    /// <summary>nlink of the message.</summary>
    public ulong Nlink { get; init; }

    /// <summary>rdev of the message.</summary>
    public ulong Rdev { get; init; }

    /// <summary>size of the message.</summary>
    public ulong Length { get; init; }

    /// <summary>blksize of the message.</summary>
    public ulong Blksize { get; init; }

    /// <summary>blocks of the message.</summary>
    public ulong Blocks { get; init; }

    /// <summary>atime_sec of the message.</summary>
    public ulong AtimeSec { get; init; }

    /// <summary>atime_nsec of the message.</summary>
    public ulong AtimeNsec { get; init; }

    /// <summary>mtime_sec of the message.</summary>
    public ulong MtimeSec { get; init; }

    /// <summary>mtime_nsec of the message.</summary>
    public ulong MtimeNsec { get; init; }

    /// <summary>ctime_sec of the message.</summary>
    public ulong CtimeSec { get; init; }

    /// <summary>ctime_nsec of the message.</summary>
    public ulong CtimeNsec { get; init; }

    /// <summary>btime_sec of the message.</summary>
    public ulong BtimeSec { get; init; }

    /// <summary>btime_nsec of the message.</summary>
    public ulong BtimeNsec { get; init; }

    /// <summary>gen of the message.</summary>
    public ulong Gen { get; init; }

    /// <summary>data_version of the message.</summary>
    public ulong DataVersion { get; init; }

    /// <inheritdoc/>
    public int Size => 8 + Qid.Size + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8 + 8;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rgetattr message)
    {
        var r = new LittleEndianReader(body);
        message = new Rgetattr { Valid = r.U64(), Qid = Qid.Read(ref r), Mode = r.U32(), Uid = r.U32(), Gid = r.U32(), Nlink = r.U64(), Rdev = r.U64(), Length = r.U64(), Blksize = r.U64(), Blocks = r.U64(), AtimeSec = r.U64(), AtimeNsec = r.U64(), MtimeSec = r.U64(), MtimeNsec = r.U64(), CtimeSec = r.U64(), CtimeNsec = r.U64(), BtimeSec = r.U64(), BtimeNsec = r.U64(), Gen = r.U64(), DataVersion = r.U64() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Valid);
        Qid.Write(ref writer);
        writer.U32(Mode);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.U64(Nlink);
        writer.U64(Rdev);
        writer.U64(Length);
        writer.U64(Blksize);
        writer.U64(Blocks);
        writer.U64(AtimeSec);
        writer.U64(AtimeNsec);
        writer.U64(MtimeSec);
        writer.U64(MtimeNsec);
        writer.U64(CtimeSec);
        writer.U64(CtimeNsec);
        writer.U64(BtimeSec);
        writer.U64(BtimeNsec);
        writer.U64(Gen);
        writer.U64(DataVersion);
    }
}
