using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rstatfs. Answer to Tstatfs. Spans point into the frame.</summary>
/// <remarks>size[4] Rstatfs[1]=9 tag[2] type[4] bsize[4] blocks[8] bfree[8] bavail[8] files[8] ffree[8] fsid[8] namelen[4]</remarks>
public readonly ref struct Rstatfs : IWireMessage<Rstatfs>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rstatfs;

    /// <summary>type of the message.</summary>
    public uint Kind { get; init; }

    /// <summary>bsize of the message.</summary>
    public uint Bsize { get; init; }

    /// <summary>blocks of the message.</summary>
    public ulong Blocks { get; init; }

    /// <summary>bfree of the message.</summary>
    public ulong Bfree { get; init; }

    /// <summary>bavail of the message.</summary>
    public ulong Bavail { get; init; }

    /// <summary>files of the message.</summary>
    public ulong Files { get; init; }

    /// <summary>ffree of the message.</summary>
    public ulong Ffree { get; init; }

    /// <summary>fsid of the message.</summary>
    public ulong Fsid { get; init; }

    /// <summary>namelen of the message.</summary>
    public uint Namelen { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 8 + 8 + 8 + 8 + 8 + 8 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rstatfs message)
    {
        var r = new LittleEndianReader(body);
        message = new Rstatfs { Kind = r.U32(), Bsize = r.U32(), Blocks = r.U64(), Bfree = r.U64(), Bavail = r.U64(), Files = r.U64(), Ffree = r.U64(), Fsid = r.U64(), Namelen = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Kind);
        writer.U32(Bsize);
        writer.U64(Blocks);
        writer.U64(Bfree);
        writer.U64(Bavail);
        writer.U64(Files);
        writer.U64(Ffree);
        writer.U64(Fsid);
        writer.U32(Namelen);
    }
}
