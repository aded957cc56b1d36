using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_OPEN and FUSE_OPENDIR.</summary>
/// <remarks>flags[4] open_flags[4]</remarks>
public readonly ref struct FuseOpenIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Flags of open(2) without O_CREAT, O_EXCL and O_NOCTTY.</summary>
    public uint Flags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseOpenIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseOpenIn
        {
            Flags = r.U32(),
        };
        _ = r.Bytes(4);
        return !r.IsOverrun;
    }
}
