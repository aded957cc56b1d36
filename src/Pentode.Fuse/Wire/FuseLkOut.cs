using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>Reply to FUSE_GETLK.</summary>
/// <remarks>start[8] end[8] type[4] pid[4]</remarks>
public readonly ref struct FuseLkOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 24;

    /// <summary>First byte.</summary>
    public ulong Start { get; init; }

    /// <summary>Last byte.</summary>
    public ulong End { get; init; }

    /// <summary>F_UNLCK when nothing is in the way.</summary>
    public uint Type { get; init; }

    /// <summary>Process that holds it.</summary>
    public uint Pid { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(Start);
        writer.U64(End);
        writer.U32(Type);
        writer.U32(Pid);
    }
}
