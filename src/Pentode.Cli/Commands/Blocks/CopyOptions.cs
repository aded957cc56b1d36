namespace Pentode.Cli.Commands.Blocks;

/// <summary>How to copy.</summary>
internal sealed record CopyOptions
{
    /// <summary>Requests under way per connection.</summary>
    public int Requests { get; init; } = 64;

    /// <summary>Bytes of one request.</summary>
    public int RequestBytes { get; init; } = 256 << 10;

    /// <summary>Skip holes and zero blocks.</summary>
    public bool Sparse { get; init; } = true;

    /// <summary>The target reads as zero: zeroes need no request at all.</summary>
    public bool TargetIsZero { get; init; }

    /// <summary>Make the copy durable before success is told.</summary>
    public bool Flush { get; init; } = true;
}
