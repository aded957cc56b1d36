using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>A node and how long it may be believed: reply to FUSE_LOOKUP and to all that makes an entry.</summary>
/// <remarks>nodeid[8] generation[8] entry_valid[8] attr_valid[8] entry_valid_nsec[4] attr_valid_nsec[4] attr[88]</remarks>
public readonly ref struct FuseEntryOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 128;

    /// <summary>Node, or 0: there is none.</summary>
    public ulong NodeId { get; init; }

    /// <summary>How long the name holds.</summary>
    public ulong EntrySeconds { get; init; }

    /// <summary>How long the attributes hold.</summary>
    public ulong AttributeSeconds { get; init; }

    /// <summary>The rest.</summary>
    public uint EntryNanoseconds { get; init; }

    /// <summary>The rest.</summary>
    public uint AttributeNanoseconds { get; init; }

    /// <summary>Attributes.</summary>
    public FuseAttr Attributes { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(NodeId);
        writer.Zeroes(8);
        writer.U64(EntrySeconds);
        writer.U64(AttributeSeconds);
        writer.U32(EntryNanoseconds);
        writer.U32(AttributeNanoseconds);
        Attributes.Write(ref writer);
    }
}
