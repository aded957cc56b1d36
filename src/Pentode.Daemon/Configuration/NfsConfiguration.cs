namespace Pentode.Daemon.Configuration;

/// <summary>The <c>nfs:</c> section.</summary>
public sealed record NfsConfiguration
{
    /// <summary>Largest READ and WRITE there may be.</summary>
    public const long LargestTransfer = 4 << 20;

    /// <summary>Where NFS and MOUNT are served.</summary>
    public IReadOnlyList<ListenerConfiguration> Listen { get; init; } = [ListenAddress.Tcp("127.0.0.1", 2049)];

    /// <summary>The same over UDP.</summary>
    public bool Udp { get; init; }

    /// <summary>Where a port mapper of our own answers; null for none.</summary>
    public ListenAddress? Portmap { get; init; }

    /// <summary>The port is told to the rpcbind of this machine, if one runs.</summary>
    public bool Register { get; init; }

    /// <summary>Calls without credentials are served, as nobody's.</summary>
    public bool AllowNoCredentials { get; init; }

    /// <summary>Largest READ and WRITE, in bytes.</summary>
    public int MaxTransfer { get; init; } = 1 << 20;

    /// <summary>Directory of what must outlive the daemon: the key of file handles, the numbers of exports. Null for the default of the user.</summary>
    public string? State { get; init; }

    /// <summary>What is served and to whom; null for every export of the files service, to every host that reaches the address.</summary>
    public IReadOnlyList<NfsExportConfiguration>? Exports { get; init; }

    /// <summary>Default state directory: <c>/var/lib/pentode</c> for root, <c>~/.local/share/pentode</c> for others.</summary>
    public static string DefaultState => Environment.IsPrivilegedProcess ? "/var/lib/pentode" : System.IO.Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/pentode");
}
