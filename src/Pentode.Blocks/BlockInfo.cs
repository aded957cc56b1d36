namespace Pentode.Blocks;

/// <summary>What is asked of a backend once per open.</summary>
public sealed record BlockInfo
{
    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Offsets and lengths must be multiples of this (power of two, 1 to 65536).</summary>
    public int MinimumBlock { get; init; } = 1;

    /// <summary>Best block size.</summary>
    public int PreferredBlock { get; init; } = 4096;

    /// <summary>No writes.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Trim does something.</summary>
    public bool CanTrim { get; init; }

    /// <summary>Zeroing without writing is possible (not necessarily for every range).</summary>
    public bool CanFastZero { get; init; }

    /// <summary>A spinning disk.</summary>
    public bool IsRotational { get; init; }

    /// <summary>A flush on any connection covers the writes of every connection, and all see the same data.</summary>
    public bool IsCoherent { get; init; } = true;
}
