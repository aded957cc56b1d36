using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_GETATTR and FUSE_SETATTR.</summary>
/// <remarks>attr_valid[8] attr_valid_nsec[4] dummy[4] attr[88]</remarks>
public readonly ref struct FuseAttrOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 104;

    /// <summary>How long the attributes hold.</summary>
    public ulong Seconds { get; init; }

    /// <summary>The rest.</summary>
    public uint Nanoseconds { get; init; }

    /// <summary>Attributes.</summary>
    public FuseAttr Attributes { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Seconds);
        writer.U32(Nanoseconds);
        writer.Zeroes(4);
        Attributes.Write(ref writer);
    }
}
