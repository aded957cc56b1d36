using Pentode.Names.Exports;
using Pentode.Names.Tree;

namespace Pentode.Daemon.Configuration;

/// <summary>One export of the namespace.</summary>
public sealed record NamesExportConfiguration
{
    /// <summary>Attach name.</summary>
    public required string Name { get; init; }

    /// <summary>Directory of the namespace; "/" for all of it.</summary>
    public string Path { get; init; } = "/";

    /// <summary>What may be done with the data of files.</summary>
    public IoMode Io { get; init; } = IoMode.Meta;

    /// <summary>Refuse changes.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whose requests are nobody's.</summary>
    public SquashKind Squash { get; init; }

    /// <summary>Magic names.</summary>
    public MagicMode Magic { get; init; }

    /// <summary>The owner of a file may enable it for I/O, not only root.</summary>
    public bool OwnersSetIo { get; init; }
}
