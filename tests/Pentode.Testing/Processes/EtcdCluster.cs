using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pentode.Testing.Processes;

/// <summary>A real etcd cluster (Debian etcd-server) on loopback ports with its data in memory; gone when disposed.</summary>
public sealed class EtcdCluster : IDisposable
{
    private readonly EtcdClusterOptions _options;
    private readonly TemporaryDirectory _directory = new(memory: true);
    private readonly Process?[] _processes;
    private readonly int[] _clientPorts;
    private readonly int[] _peerPorts;
    private bool _usersEnabled;

    private EtcdCluster(EtcdClusterOptions options)
    {
        _options = options;
        _processes = new Process?[options.Members];
        var ports = FreePorts(options.Members * 2);
        _clientPorts = ports[..options.Members];
        _peerPorts = ports[options.Members..];
        if (options.Tls)
            TestCertificates.Create(_directory.Path, options.TlsName, "127.0.0.1");
    }

    /// <summary>Client URLs.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. _clientPorts.Select(p => new Uri(Url(p)))];

    /// <summary>Certificates of a TLS cluster: <c>ca.pem</c>, <c>client.pem</c>, <c>client.key</c>, <c>other-ca.pem</c>.</summary>
    public string Certificate(string name) => _directory[name];

    /// <summary>Skips the test when etcd is not installed.</summary>
    public static void Require()
    {
        Tool.Require("etcd");
        Tool.Require("etcdctl");
    }

    /// <summary>Starts a cluster and waits until it has a leader.</summary>
    public static EtcdCluster Start(EtcdClusterOptions? options = null)
    {
        Require();
        for (var attempt = 1; ; attempt++)
        {
            var cluster = new EtcdCluster(options ?? new EtcdClusterOptions());
            try
            {
                for (var i = 0; i < cluster._processes.Length; i++)
                    cluster.StartMember(i);
                cluster.AwaitHealth();
                cluster.EnableUsers();
                return cluster;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // Another process took one of the ports in between.
                cluster.Dispose();
            }
            catch
            {
                cluster.Dispose();
                throw;
            }
        }
    }

    /// <summary>Starts a member that was killed, on its old data.</summary>
    public void StartMember(int index)
    {
        var name = Name(index);
        var start = new ProcessStartInfo("etcd") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = "/usr/bin:/usr/sbin:" + Environment.GetEnvironmentVariable("PATH");
        start.Environment["ETCD_UNSUPPORTED_ARCH"] = "arm64";
        string[] arguments =
        [
            "--name", name, "--data-dir", _directory[name],
            "--listen-client-urls", Url(_clientPorts[index]), "--advertise-client-urls", Url(_clientPorts[index]),
            "--listen-peer-urls", PeerUrl(index), "--initial-advertise-peer-urls", PeerUrl(index),
            "--initial-cluster", string.Join(',', _processes.Select((_, i) => $"{Name(i)}={PeerUrl(i)}")), "--initial-cluster-token", _directory.Path,
            "--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap", "--log-level", "error", .. _options.Arguments,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (_options.QuotaBytes > 0)
        {
            start.ArgumentList.Add("--quota-backend-bytes");
            start.ArgumentList.Add(_options.QuotaBytes.ToString(CultureInfo.InvariantCulture));
        }

        if (_options.Tls)
        {
            foreach (var argument in (string[])["--cert-file", Certificate("server.pem"), "--key-file", Certificate("server.key"), "--client-cert-auth", "--trusted-ca-file", Certificate("ca.pem")])
                start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes[index] = process;
        Leftovers.Add(process, () =>
        {
            process.Kill();
            process.WaitForExit();
        });
    }

    /// <summary>Ends a member with SIGKILL.</summary>
    public void KillMember(int index)
    {
        var process = _processes[index]!;
        _processes[index] = null;
        process.Kill();
        process.WaitForExit();
        Leftovers.Forget(process);
        process.Dispose();
    }

    /// <summary>SIGSTOP.</summary>
    public void PauseMember(int index) => Signal(index, "-STOP");

    /// <summary>SIGCONT.</summary>
    public void ContinueMember(int index) => Signal(index, "-CONT");

    /// <summary>Index of the leader by its own account.</summary>
    public int Leader()
    {
        for (var i = 0; i < _processes.Length; i++)
        {
            if (_processes[i] is null)
                continue;
            var fields = Tool.Run(10, "etcdctl", [.. EtcdctlArguments(i), "endpoint", "status", "-w", "fields"]);
            if (fields.Status == 0 && Field(fields.Output, "MemberID") == Field(fields.Output, "Leader"))
                return i;
        }

        throw new InvalidOperationException("no member is the leader");
    }

    /// <summary>Runs etcdctl against all members and returns what it printed.</summary>
    public string Etcdctl(params string[] arguments) => Tool.Ok(20, "etcdctl", [.. EtcdctlArguments(-1), .. arguments]);

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = 0; i < _processes.Length; i++)
        {
            if (_processes[i] is not null)
                KillMember(i);
        }

        _directory.Dispose();
    }

    /// <summary>Ports nobody listens on at this moment.</summary>
    internal static int[] FreePorts(int count)
    {
        var listeners = new List<TcpListener>();
        for (var i = 0; i < count; i++)
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            listeners.Add(listener);
        }

        var ports = listeners.ConvertAll(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        listeners.ForEach(l => l.Dispose());
        return ports;
    }

    private static string Name(int index) => "m" + index.ToString(CultureInfo.InvariantCulture);

    private static string Field(string text, string name) =>
        text.Split('\n').First(l => l.StartsWith($"\"{name}\"", StringComparison.Ordinal)).Split(':')[1].Trim();

    private string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"{(_options.Tls ? "https" : "http")}://127.0.0.1:{port}");

    private string PeerUrl(int index) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_peerPorts[index]}");

    private IEnumerable<string> EtcdctlArguments(int index)
    {
        yield return "--endpoints=" + string.Join(',', index < 0 ? Endpoints.Select(e => e.GetLeftPart(UriPartial.Authority)) : [Url(_clientPorts[index])]);
        yield return "--dial-timeout=2s";
        yield return "--command-timeout=5s";
        if (_options.Tls)
        {
            yield return "--cacert=" + Certificate("ca.pem");
            yield return "--cert=" + Certificate("client.pem");
            yield return "--key=" + Certificate("client.key");
        }

        if (_usersEnabled)
            yield return "--user=root:" + _options.RootPassword;
    }

    private void EnableUsers()
    {
        if (_options.RootPassword.Length == 0)
            return;
        Etcdctl("user", "add", "root:" + _options.RootPassword);
        Etcdctl("user", "grant-role", "root", "root");
        Etcdctl("auth", "enable");
        _usersEnabled = true;
    }

    private void AwaitHealth()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (_processes.Any(p => p!.HasExited))
                throw new InvalidOperationException("an etcd member ended while it started");
            if (Tool.Run(10, "etcdctl", [.. EtcdctlArguments(-1), "endpoint", "health"]).Status == 0)
                return;
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
                throw new TimeoutException("the etcd cluster has no leader after 60 s");
            Thread.Sleep(50);
        }
    }

    private void Signal(int index, string signal) =>
        Tool.Ok(5, "/bin/kill", signal, _processes[index]!.Id.ToString(CultureInfo.InvariantCulture));
}
