using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_POLL.</summary>
/// <remarks>revents[4] padding[4]</remarks>
public readonly ref struct FusePollOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>poll(2) bits.</summary>
    public uint Events { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Events);
        writer.Zeroes(4);
    }
}
