namespace Pentode.Locks.Stores.Etcd;

/// <summary>Certificates for <c>https://</c> endpoints, as PEM files.</summary>
public sealed record EtcdTls
{
    /// <summary>Certificates of the authorities that sign the members; empty trusts those of the system.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>Our certificate, when the members ask for one.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>Its private key.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Name the members' certificates must carry; empty takes the host of each endpoint.</summary>
    public string ServerName { get; init; } = "";
}
