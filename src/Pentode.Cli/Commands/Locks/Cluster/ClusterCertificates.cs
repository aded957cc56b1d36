using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary>A certificate authority of one cluster and what it signs (ECDSA P-256). Keys are written readable by their owner only.</summary>
internal sealed class ClusterCertificates : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _to;

    /// <summary>Makes the authority.</summary>
    public ClusterCertificates(string cluster, int days, TimeProvider time)
    {
        // A minute back, for machines whose clocks are a little behind.
        _from = time.GetUtcNow().AddMinutes(-1);
        _to = _from.AddDays(days);
        var request = new CertificateRequest($"CN=pentode locks {cluster}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _authority = request.CreateSelfSigned(_from, _to);
    }

    /// <summary>Writes <c>ca.key</c>, which signs.</summary>
    public void WriteAuthorityKey(string directory) => WriteSecret(Path.Combine(directory, "ca.key"), _key.ExportPkcs8PrivateKeyPem());

    /// <summary>Writes <c>ca.pem</c>, <c>server.pem/.key</c> (clients and members are both served with it) and <c>client.pem/.key</c> of one node.</summary>
    public void WriteFor(ClusterNode node, string directory)
    {
        File.WriteAllText(Path.Combine(directory, "ca.pem"), _authority.ExportCertificatePem() + "\n");
        Sign(node, directory, "server", ServerUse, ClientUse);
        Sign(node, directory, "client", ClientUse);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    private static void WriteSecret(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(text);
        writer.Write('\n');
    }

    private void Sign(ClusterNode node, string directory, string name, params string[] uses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={node.Name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(node.Name);
        if (IPAddress.TryParse(node.Host, out var address))
            names.AddIpAddress(address);
        else if (node.Host != node.Name)
            names.AddDnsName(node.Host);
        var purposes = new OidCollection();
        foreach (var use in uses)
            purposes.Add(new Oid(use));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));

        // RFC 5280, section 4.2.1.1: strict verifiers want to see which key signed.
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        serial[0] = (byte)((serial[0] & 0x7f) | 1);
        using var certificate = request.Create(_authority, _from, _to, serial);
        File.WriteAllText(Path.Combine(directory, name + ".pem"), certificate.ExportCertificatePem() + "\n");
        WriteSecret(Path.Combine(directory, name + ".key"), key.ExportPkcs8PrivateKeyPem());
    }
}
