using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Postgres;

namespace Pentode.Daemon.Configuration;

/// <summary>The <c>locks:</c> section.</summary>
public sealed record LocksConfiguration
{
    /// <summary>Name of the tree for front ends, unless said otherwise.</summary>
    public const string DefaultExport = "locks";

    /// <summary>State directory: what tells this node from others, and the embedded store when neither <see cref="Etcd"/> nor <see cref="Postgres"/> is set.</summary>
    public string Directory { get; init; } = DefaultDirectory;

    /// <summary>An etcd cluster, or null.</summary>
    public EtcdOptions? Etcd { get; init; }

    /// <summary>A PostgreSQL database, or null.</summary>
    public PostgresOptions? Postgres { get; init; }

    /// <summary>Name of the cluster.</summary>
    public string Cluster { get; init; } = "pentode";

    /// <summary>Name of this node; that of the host by default.</summary>
    public string Node { get; init; } = Environment.MachineName;

    /// <summary>Where others may reach it, for listings.</summary>
    public string Address { get; init; } = "";

    /// <summary>Times all nodes agree on.</summary>
    public SessionTiming Timing { get; init; } = new();

    /// <summary>How long before loss the policies act.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The daemon is killed rather than that it goes on with changes to a guarded export after the loss of its lock.</summary>
    public bool KillsStalled { get; init; } = true;

    /// <summary>Longest wait of an open; null for none.</summary>
    public TimeSpan? WaitTimeout { get; init; }

    /// <summary>Answer like dlmfs to the letter.</summary>
    public bool IsCompatible { get; init; }

    /// <summary>Name of the tree for 9P and other front ends; empty for none.</summary>
    public string Export { get; init; } = "";

    /// <summary>Where the tree is mounted.</summary>
    public IReadOnlyList<LocksMountConfiguration> Mounts { get; init; } = [];

    /// <summary>Options of domains by pattern; the first that fits holds.</summary>
    public IReadOnlyList<LocksDomainConfiguration> Domains { get; init; } = [];

    /// <summary>Serve without locks when they cannot be started.</summary>
    public bool IsOptional { get; init; }

    /// <summary>End the process when everything has been unmounted by hand.</summary>
    public bool EndsWithMounts { get; init; }

    /// <summary><c>/var/lib/pentode/locks</c> for root, else below the user's data directory.</summary>
    public static string DefaultDirectory => Environment.IsPrivilegedProcess
        ? "/var/lib/pentode/locks"
        : System.IO.Path.Combine(
            Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
                ? data
                : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share"),
            "pentode/locks");

    /// <summary>The options of a domain.</summary>
    public LockDomainOptions OptionsOf(LockName domain)
    {
        var name = domain.ToString();
        var options = Domains.FirstOrDefault(d => d.Fits(name))?.Options ?? new LockDomainOptions();

        // A kernel's try asks nobody, and its value is lost with its writer.
        return IsCompatible ? options with { TryRecallMs = 0, ZeroValueOnDeath = true, LongNames = false } : options;
    }
}
