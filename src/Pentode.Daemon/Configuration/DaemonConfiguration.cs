namespace Pentode.Daemon.Configuration;

/// <summary>Everything a daemon is told. Immutable.</summary>
public sealed record DaemonConfiguration
{
    /// <summary>Files service, or null for none.</summary>
    public FilesConfiguration? Files { get; init; }

    /// <summary>Blocks service, or null for none.</summary>
    public BlocksConfiguration? Blocks { get; init; }

    /// <summary>Rings service, or null for none.</summary>
    public RingsConfiguration? Rings { get; init; }

    /// <summary>Names service, or null for none.</summary>
    public NamesConfiguration? Names { get; init; }

    /// <summary>NFS over the trees, or null for none.</summary>
    public NfsConfiguration? Nfs { get; init; }

    /// <summary>Locks service, or null for none.</summary>
    public LocksConfiguration? Locks { get; init; }

    /// <summary>Exports shown as file systems of this host.</summary>
    public IReadOnlyList<MountConfiguration> Mounts { get; init; } = [];

    /// <summary>Limits.</summary>
    public LimitsConfiguration Limits { get; init; } = new();

    /// <summary>Engine.</summary>
    public EngineConfiguration Engine { get; init; } = new();

    /// <summary>Log.</summary>
    public LogConfiguration Log { get; init; } = new();

    /// <summary>Path of the control socket; null for the default of the user, empty for none.</summary>
    public string? ControlSocket { get; init; }

    /// <summary>Default control socket: <c>$XDG_RUNTIME_DIR/pentode.sock</c>, or <c>/run/pentode.sock</c> for root.</summary>
    public static string DefaultControlSocket
    {
        get
        {
            var directory = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
            if (!string.IsNullOrEmpty(directory))
                return System.IO.Path.Combine(directory, "pentode.sock");
            return Environment.IsPrivilegedProcess ? "/run/pentode.sock" : System.IO.Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/pentode/pentode.sock");
        }
    }
}
