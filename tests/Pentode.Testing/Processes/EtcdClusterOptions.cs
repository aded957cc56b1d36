namespace Pentode.Testing.Processes;

/// <summary>What kind of etcd cluster a test wants.</summary>
public sealed record EtcdClusterOptions
{
    /// <summary>1 or 3.</summary>
    public int Members { get; init; } = 1;

    /// <summary>Serve clients over TLS and ask them for a certificate.</summary>
    public bool Tls { get; init; }

    /// <summary>Name the members' certificates carry besides the address.</summary>
    public string TlsName { get; init; } = "etcd.test";

    /// <summary>Password of the user root; not empty enables authentication.</summary>
    public string RootPassword { get; init; } = "";

    /// <summary>Quota of the database; 0 takes etcd's own.</summary>
    public long QuotaBytes { get; init; }

    /// <summary>More arguments for each member.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
