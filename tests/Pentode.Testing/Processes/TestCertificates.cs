namespace Pentode.Testing.Processes;

/// <summary>Certificates made by openssl for one test.</summary>
public static class TestCertificates
{
    /// <summary>
    /// Writes <c>ca.pem</c>, <c>server.pem/.key</c> (for the name and address given), <c>client.pem/.key</c>, and <c>other-ca.pem</c> of an
    /// authority that signed none of them.
    /// </summary>
    public static void Create(string directory, string serverName, string serverAddress)
    {
        Tool.Require("openssl");
        Authority(directory, "ca");
        Authority(directory, "other-ca");
        Signed(directory, "server", $"subjectAltName=DNS:{serverName},IP:{serverAddress}\nextendedKeyUsage=serverAuth,clientAuth\n");
        Signed(directory, "client", "subjectAltName=DNS:client\nextendedKeyUsage=clientAuth\n");
    }

    private static void Authority(string directory, string name) => Tool.Ok(
        30, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name,
        "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", Path.Combine(directory, name + ".key"), "-out", Path.Combine(directory, name + ".pem"));

    private static void Signed(string directory, string name, string extensions)
    {
        string At(string suffix) => Path.Combine(directory, name + suffix);
        File.WriteAllText(At(".ext"), extensions);
        Tool.Ok(30, "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name, "-keyout", At(".key"), "-out", At(".csr"));
        Tool.Ok(
            30, "openssl", "x509", "-req", "-in", At(".csr"), "-CA", Path.Combine(directory, "ca.pem"), "-CAkey", Path.Combine(directory, "ca.key"), "-CAcreateserial",
            "-days", "2", "-extfile", At(".ext"), "-out", At(".pem"));
    }
}
