namespace Pentode.Daemon.Configuration;

/// <summary>One exported directory tree.</summary>
public sealed record TreeExportConfiguration
{
    /// <summary>Attach name; by custom the path.</summary>
    public required string Name { get; init; }

    /// <summary>Name of a tree module of <see cref="Modules"/>.</summary>
    public string Kind { get; init; } = "host";

    /// <summary>Directory on the host; empty for kinds that need none.</summary>
    public string Path { get; init; } = "";

    /// <summary>Refuse changes.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Permissions are checked by the client's kernel, not here.</summary>
    public bool ClientChecks { get; init; }

    /// <summary>Whose requests are nobody's. Not together with <see cref="ClientChecks"/>.</summary>
    public SquashKind Squash { get; init; }

    /// <summary>Changes pass only while this daemon holds the exclusive lock <c>DOMAIN/NAME</c>; null for no such condition.</summary>
    public string? Lock { get; init; }

    /// <summary>Locks of its files are also locks <c>DOMAIN/PREFIX.NUMBER</c> of the cluster; null for locks of this daemon alone.</summary>
    public string? ClusterLocks { get; init; }

    /// <summary>Clients may create block and character devices.</summary>
    public bool AllowDevices { get; init; }
}
