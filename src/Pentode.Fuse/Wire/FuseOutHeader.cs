using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>What every reply and notification begins with. <c>len</c> counts the header.</summary>
/// <remarks>len[4] error[4] unique[8]</remarks>
public readonly ref struct FuseOutHeader
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Bytes of the whole reply.</summary>
    public uint Length { get; init; }

    /// <summary>0, a negative errno, or the code of a notification.</summary>
    public int Error { get; init; }

    /// <summary>Request answered; 0 for a notification.</summary>
    public ulong Unique { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Length);
        writer.U32((uint)Error);
        writer.U64(Unique);
    }
}
