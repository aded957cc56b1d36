namespace Pentode.Daemon.Configuration;

/// <summary>One line of what NFS serves.</summary>
public sealed record NfsExportConfiguration
{
    /// <summary>Name of an export of the files service or of another service that brings trees; empty for all of them.</summary>
    public string Export { get; init; } = "";

    /// <summary>What clients mount; null for the name of the export.</summary>
    public string? Path { get; init; }

    /// <summary>Who may: addresses, networks, "*".</summary>
    public IReadOnlyList<HostRule> Hosts { get; init; } = [HostRule.Everybody];

    /// <summary>Refuse changes.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whose requests are nobody's.</summary>
    public SquashKind Squash { get; init; } = SquashKind.Root;

    /// <summary>Only source ports below 1024.</summary>
    public bool PrivilegedPort { get; init; }
}
