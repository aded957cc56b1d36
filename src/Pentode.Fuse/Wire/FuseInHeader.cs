using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>What every request begins with. <c>len</c> counts the header.</summary>
/// <remarks>len[4] opcode[4] unique[8] nodeid[8] uid[4] gid[4] pid[4] total_extlen[2] padding[2]</remarks>
public readonly ref struct FuseInHeader
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 40;

    /// <summary>Bytes of the whole request.</summary>
    public uint Length { get; init; }

    /// <summary>Operation.</summary>
    public uint Opcode { get; init; }

    /// <summary>Names the request in its reply.</summary>
    public ulong Unique { get; init; }

    /// <summary>Node the operation is about.</summary>
    public ulong NodeId { get; init; }

    /// <summary>User of the caller.</summary>
    public uint Uid { get; init; }

    /// <summary>Group of the caller.</summary>
    public uint Gid { get; init; }

    /// <summary>Thread of the caller; 0 when it is not in our pid namespace.</summary>
    public uint Pid { get; init; }

    /// <summary>Extensions after the body in units of 8 bytes.</summary>
    public ushort ExtensionLength { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseInHeader message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseInHeader
        {
            Length = r.U32(),
            Opcode = r.U32(),
            Unique = r.U64(),
            NodeId = r.U64(),
            Uid = r.U32(),
            Gid = r.U32(),
            Pid = r.U32(),
            ExtensionLength = r.U16(),
        };
        _ = r.Bytes(2);
        return !r.IsOverrun;
    }
}
