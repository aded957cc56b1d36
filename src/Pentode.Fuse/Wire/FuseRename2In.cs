using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_RENAME2, followed by the old and the new name.</summary>
/// <remarks>newdir[8] flags[4] padding[4]</remarks>
public readonly ref struct FuseRename2In
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Node of the new directory.</summary>
    public ulong NewDirectory { get; init; }

    /// <summary>RENAME_NOREPLACE and so on.</summary>
    public uint Flags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseRename2In message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseRename2In
        {
            NewDirectory = r.U64(),
            Flags = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
