using System.Diagnostics;
using System.Globalization;
using Pentode.Testing.Processes;

namespace Pentode.Nemesis;

/// <summary>
/// Three etcd members, each on a file system of its own that can be frozen, and some node processes, each in its network namespace
/// (<c>tests/locks/namespaces</c>). Everything is gone when disposed.
/// </summary>
internal sealed class Lab : IDisposable
{
    public const int Members = 3;

    private readonly string _script;
    private readonly string _prefix = "pn" + (Environment.ProcessId % 100000).ToString(CultureInfo.InvariantCulture);
    private readonly string _disks = Directory.CreateTempSubdirectory("pentode-nemesis-").FullName;
    private readonly Process?[] _members = new Process?[Members];
    private readonly Dictionary<string, Process> _nodes = [];
    private readonly Dictionary<string, StreamWriter> _logs = [];
    private int _isDisposed;

    public Lab(string script, string logs, int nodes)
    {
        _script = script;
        Logs = logs;
        Nodes = [.. Enumerable.Range(1, nodes).Select(i => $"n{i}")];
        Leftovers.Add(this, Dispose);
        try
        {
            Build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Build()
    {
        Script("up", [.. Enumerable.Range(1, Members).Select(Name), .. Nodes]);
        for (var i = 1; i <= Members; i++)
        {
            var disk = Path.Combine("/dev/shm", $"{_prefix}-{Name(i)}.img");
            Tool.Ok(10, "truncate", "-s", "768M", disk);
            Tool.Ok(30, "mkfs.ext4", "-q", "-E", "lazy_itable_init=1,lazy_journal_init=1", disk);
            Directory.CreateDirectory(Mount(i));
            Tool.Ok(10, "mount", "-o", "loop", disk, Mount(i));
        }
    }

    public string Logs { get; }

    public IReadOnlyList<string> Nodes { get; }

    public string Endpoints => string.Join(',', Enumerable.Range(1, Members).Select(Url));

    /// <summary>A directory that goes with everything else.</summary>
    public string Scratch => _disks;

    public static string Name(int member) => $"e{member}";

    public void StartMembers()
    {
        for (var i = 1; i <= Members; i++)
            StartMember(i);
        var clock = Stopwatch.StartNew();
        while (Etcdctl(10, "endpoint", "health").Status != 0)
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
                throw new TimeoutException("etcd has no leader after 60 s");
        }
    }

    public void StartMember(int member)
    {
        var peers = string.Join(',', Enumerable.Range(1, Members).Select(i => $"{Name(i)}=http://{Address(i)}:2380"));
        _members[member - 1] = Start(
            Name(member), "etcd", "--name", Name(member), "--data-dir", Path.Combine(Mount(member), "data"), "--listen-client-urls", $"{Url(member)},http://127.0.0.1:2379",
            "--advertise-client-urls", Url(member), "--listen-peer-urls", $"http://{Address(member)}:2380", "--initial-advertise-peer-urls", $"http://{Address(member)}:2380",
            "--initial-cluster", peers, "--initial-cluster-token", _prefix, "--logger", "zap", "--log-level", "warn", "--quota-backend-bytes", "134217728",
            "--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1m");
    }

    public void StartNode(string node, string kind, string history, int seed, int longHoldMs)
    {
        // Each begins with another member, as clients of a real cluster do.
        var first = int.Parse(node[1..], CultureInfo.InvariantCulture) - 1;
        var endpoints = string.Join(',', Enumerable.Range(0, Members).Select(i => Url(1 + ((first + i) % Members))));
        _nodes[node] = Start(
            node, Environment.ProcessPath!, "node", "--locks", kind, "--name", node, "--endpoints", endpoints, "--history", history,
            "--seed", seed.ToString(CultureInfo.InvariantCulture), "--long-hold", longHoldMs.ToString(CultureInfo.InvariantCulture));
    }

    public Process Node(string node) => _nodes[node];

    public int Leader()
    {
        for (var i = 1; i <= Members; i++)
        {
            if (_members[i - 1] is null)
                continue;
            var fields = Tool.Run(5, "ip", "netns", "exec", $"{_prefix}-{Name(i)}", "etcdctl", "--command-timeout=2s", "--endpoints=http://127.0.0.1:2379", "endpoint", "status", "-w", "fields");
            if (fields.Status == 0 && Field(fields.Output, "MemberID") is { } id && id == Field(fields.Output, "Leader"))
                return i;
        }

        return 0;
    }

    public ToolResult Etcdctl(int seconds, params string[] arguments) =>
        Tool.Run(seconds, "ip", ["netns", "exec", $"{_prefix}-switch", "etcdctl", "--command-timeout=5s", $"--endpoints={Endpoints}", .. arguments]);

    public ToolResult Shell(int seconds, string command) => Tool.Run(seconds, "ip", "netns", "exec", $"{_prefix}-switch", "bash", "-c", command);

    public void Script(string verb, params string[] arguments) => Tool.Ok(30, _script, [verb, _prefix, .. arguments]);

    public void Signal(Process process, string signal) => Tool.Run(5, "/bin/kill", signal, process.Id.ToString(CultureInfo.InvariantCulture));

    public void SignalMember(int member, string signal)
    {
        if (_members[member - 1] is { } process)
            Signal(process, signal);
    }

    public void KillMember(int member)
    {
        var process = _members[member - 1]!;
        _members[member - 1] = null;
        process.Kill();
        process.WaitForExit();
    }

    public void Freeze(int member) => Tool.Ok(20, "fsfreeze", "-f", Mount(member));

    public void Thaw(int member) => Tool.Run(20, "fsfreeze", "-u", Mount(member));

    public void Dispose()
    {
        // Told to stop while it ends by itself, or the other way round.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        for (var i = 1; i <= Members; i++)
            Thaw(i);
        foreach (var process in _nodes.Values.Concat(_members.OfType<Process>()))
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit(5000);
        }

        Tool.Run(30, _script, "down", _prefix);
        for (var i = 1; i <= Members; i++)
        {
            if (Directory.Exists(Mount(i)))
                Unmount(Mount(i));
            File.Delete(Path.Combine("/dev/shm", $"{_prefix}-{Name(i)}.img"));
        }

        Directory.Delete(_disks, recursive: true);
        foreach (var log in _logs.Values)
        {
            lock (log)
                log.Dispose();
        }

        Leftovers.Forget(this);
    }

    // What was killed may need a moment until it lets go.
    private static void Unmount(string point)
    {
        for (var i = 0; i < 50; i++)
        {
            var result = Tool.Run(20, "umount", point);
            if (result.Status == 0 || !result.Error.Contains("busy", StringComparison.Ordinal))
                return;
            Thread.Sleep(100);
        }

        Tool.Run(20, "umount", "-l", point);
    }

    private static string Address(int member) => $"10.77.0.{9 + member}";

    private static string Url(int member) => $"http://{Address(member)}:2379";

    private static string? Field(string text, string name) =>
        text.Split('\n').FirstOrDefault(l => l.StartsWith($"\"{name}\"", StringComparison.Ordinal))?.Split(':')[1].Trim();

    private string Mount(int member) => Path.Combine(_disks, Name(member));

    private Process Start(string space, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", $"{_prefix}-{space}", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = "/usr/bin:/usr/sbin:" + Environment.GetEnvironmentVariable("PATH");
        start.Environment["ETCD_UNSUPPORTED_ARCH"] = "arm64";
        start.Environment["DOTNET_gcServer"] = "0";
        Tool.LeaveNoSockets(start);
        if (!_logs.TryGetValue(space, out var log))
            _logs[space] = log = new StreamWriter(Path.Combine(Logs, space + ".log")) { AutoFlush = true };
        var process = Process.Start(start)!;
        void Keep(string? line)
        {
            if (line is null)
                return;
            lock (log)
                log.WriteLine(line);
        }

        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
