namespace Pentode.Daemon.Configuration;

/// <summary>One exported block device.</summary>
public sealed record BlockExportConfiguration
{
    /// <summary>Export name; may be empty, the default export of NBD.</summary>
    public required string Name { get; init; }

    /// <summary>Name of a block module of <see cref="Modules"/>.</summary>
    public string Kind { get; init; } = "file";

    /// <summary>File or device on the host; empty for memory.</summary>
    public string Path { get; init; } = "";

    /// <summary>Bytes of a memory disk.</summary>
    public long MemorySize { get; init; }

    /// <summary>Refuse changes.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Changes pass only while this daemon holds the exclusive lock <c>DOMAIN/NAME</c>; null for no such condition.</summary>
    public string? Lock { get; init; }

    /// <summary>Shown to clients that list.</summary>
    public string Description { get; init; } = "";
}
