using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_RENAME, followed by the old and the new name.</summary>
/// <remarks>newdir[8]</remarks>
public readonly ref struct FuseRenameIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Node of the new directory.</summary>
    public ulong NewDirectory { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseRenameIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseRenameIn
        {
            NewDirectory = r.U64(),
        };
        return !r.IsOverrun;
    }
}
