namespace Pentode.SystemTests.Names;

/// <summary>An object as <see cref="RetryingClient"/> believes it to be.</summary>
internal sealed class RetriedFile
{
    /// <summary>ftype3.</summary>
    public required uint Type { get; init; }

    public required byte[] Handle { get; set; }

    public uint Mode { get; set; }

    public int Links { get; set; } = 1;

    public byte[] Content { get; set; } = [];

    public bool IsIoEnabled { get; set; }
}
