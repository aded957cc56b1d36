namespace Pentode.Files.Control;

/// <summary>A file of a <see cref="ControlTree"/>.</summary>
public sealed record ControlFile
{
    /// <summary>Name in the directory.</summary>
    public required string Name { get; init; }

    /// <summary>What reading gives: asked for at every open and then kept for that open. Null for a file that is <see cref="IsZero"/> or a sink.</summary>
    public Func<byte[]>? Content { get; init; }

    /// <summary>Reads as zero bytes without end, at any offset.</summary>
    public bool IsZero { get; init; }

    /// <summary>Takes every write and keeps nothing; reads as empty.</summary>
    public bool IsSink => Content is null && !IsZero;

    /// <summary>Each read or write is answered so much later, which shows what a client does meanwhile.</summary>
    public int DelayMs { get; init; }
}
