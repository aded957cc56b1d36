using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_INIT. Kernels before 7.36 end after <c>flags</c>.</summary>
/// <remarks>major[4] minor[4] max_readahead[4] flags[4]</remarks>
public readonly ref struct FuseInitIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Protocol.</summary>
    public uint Major { get; init; }

    /// <summary>Revision.</summary>
    public uint Minor { get; init; }

    /// <summary>Read-ahead of the kernel in bytes.</summary>
    public uint MaxReadahead { get; init; }

    /// <summary>Low half of what the kernel can do.</summary>
    public uint Flags { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FuseInitIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FuseInitIn
        {
            Major = r.U32(),
            Minor = r.U32(),
            MaxReadahead = r.U32(),
            Flags = r.U32(),
        };
        return !r.IsOverrun;
    }
}
