using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pentode.Testing.Processes;

/// <summary>
/// A real PostgreSQL of its own on a loopback port and a socket, under user <c>postgres</c> when the tests run as root. User <c>pentode</c> owns database
/// <c>pentode</c> and needs no password. Gone with everything in it when disposed.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";
    private readonly TemporaryDirectory _directory = new();
    private readonly StringBuilder _errors = new();
    private readonly Dictionary<string, Process> _standbys = new(StringComparer.Ordinal);
    private readonly bool _isDurable;
    private Process? _process;

    private PostgresServer(bool isDurable)
    {
        _isDurable = isDurable;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Directory of the socket <c>.s.PGSQL.PORT</c>.</summary>
    public string SocketDirectory => _directory.Path;

    /// <summary>For Npgsql: over the socket, with a database.</summary>
    public string ConnectionString(string database = "pentode") => $"Host={SocketDirectory};Port={Port};Username=pentode;Database={database}";

    /// <summary>For Npgsql: over TCP.</summary>
    public string TcpConnectionString(string database = "pentode") => $"Host=127.0.0.1;Port={Port};Username=pentode;Database={database}";

    /// <summary>Skips the test when there is no PostgreSQL; <c>./test</c> installs it.</summary>
    public static void Require() => Xunit.Assert.SkipUnless(Binaries() is not null, "needs postgresql");

    /// <summary>Makes a cluster and starts it; with <paramref name="isDurable"/> commits reach the disk (otherwise they survive a crash of the server, not of the machine).</summary>
    public static PostgresServer Start(bool isDurable = false)
    {
        var server = new PostgresServer(isDurable);
        try
        {
            if (Environment.UserName == "root")
                Tool.Ok(10, "chown", User, server._directory.Path);
            var (program, arguments) = AsUser("initdb", "-D", server._directory["data"], "-A", "trust", "-U", "pentode", "-E", "UTF8", "--locale=C", "--no-sync");
            Tool.Ok(120, program, arguments);
            server.Restart();
            server.Execute("postgres", "CREATE DATABASE pentode");
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts the server process again after <see cref="Kill"/> or <see cref="Stop"/>, and waits until it answers.</summary>
    public void Restart()
    {
        var (program, arguments) = AsUser(
            "postgres", "-D", _directory["data"], "-c", "listen_addresses=127.0.0.1", "-c", $"port={Port}", "-c", $"unix_socket_directories={SocketDirectory}",
            "-c", $"fsync={(_isDurable ? "on" : "off")}", "-c", "max_connections=50", "-c", "shared_buffers=64MB", "-c", "dynamic_shared_memory_type=mmap");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, e) =>
        {
            lock (_errors)
                _errors.AppendLine(e.Data);
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _process = process;
        Leftovers.Add(process, () => End(process));
        var end = Stopwatch.StartNew();
        while (Tool.Run(10, Path.Combine(Binaries()!, "pg_isready"), "-q", "-h", SocketDirectory, "-p", Port.ToString(CultureInfo.InvariantCulture)).Status != 0)
        {
            if (process.HasExited || end.Elapsed > TimeSpan.FromSeconds(90))
                throw new InvalidOperationException($"PostgreSQL does not answer: {Errors}");
        }
    }

    /// <summary>What the server wrote to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Ends the server as a crash does: all its processes at once, nothing is written any more.</summary>
    public void Kill()
    {
        End(_process!);

        // One that was forked meanwhile, or is in a call of the kernel still: the next server must not meet it.
        var since = Stopwatch.StartNew();
        while (Left() is { Count: > 0 } left)
        {
            if (since.Elapsed > TimeSpan.FromSeconds(30))
                throw new TimeoutException("processes of the server do not end");
            foreach (var process in left)
            {
                process.Kill();
                process.Dispose();
            }

            Thread.Sleep(1);
        }

        File.Delete(Path.Combine(_directory["data"], "postmaster.pid"));
    }

    /// <summary>Processes of this server: they work in its directory.</summary>
    private List<Process> Left()
    {
        var found = new List<Process>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(entry), out var id) && File.ResolveLinkTarget(entry + "/cwd", returnFinalTarget: false)?.FullName == _directory["data"])
                    found.Add(Process.GetProcessById(id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // It has ended.
            }
        }

        return found;
    }

    /// <summary>Ends the server in order (SIGINT: connections are cut, everything is written).</summary>
    public void Stop()
    {
        Tool.Run(5, "/bin/kill", "-INT", _process!.Id.ToString(CultureInfo.InvariantCulture));
        if (_process.WaitForExit(TimeSpan.FromSeconds(60)))
            Leftovers.Forget(_process);
    }

    /// <summary>Runs SQL with psql, returns what it prints (unaligned, rows only).</summary>
    public string Execute(string database, string sql) => Tool.Ok(
        60, Path.Combine(Binaries()!, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", SocketDirectory, "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "pentode", "-d", database, "-c", sql);

    /// <summary>Makes and starts a streaming standby of that application name; the connection string of it.</summary>
    public string StartStandby(string name)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Dispose();
        var data = _directory[name];
        var (copy, arguments) = AsUser("pg_basebackup", "-D", data, "-h", SocketDirectory, "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "pentode", "-R", "-X", "stream", "--no-sync", "-c", "fast");
        Tool.Ok(120, copy, arguments);
        File.AppendAllText(Path.Combine(data, "postgresql.auto.conf"), $"primary_conninfo = 'host={SocketDirectory} port={Port} user=pentode application_name={name}'\n");
        var (program, options) = AsUser(
            "postgres", "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", $"port={port}", "-c", $"unix_socket_directories={SocketDirectory}", "-c", "fsync=off", "-c", "max_connections=50", "-c", "dynamic_shared_memory_type=mmap");
        _standbys[name] = Process.Start(new ProcessStartInfo(program, [.. options, "-c", "logging_collector=off", "-c", "log_min_messages=panic"]) { WorkingDirectory = "/" })!;
        var standby = _standbys[name];
        Leftovers.Add(standby, () => End(standby));
        var end = Stopwatch.StartNew();
        while (Tool.Run(10, Path.Combine(Binaries()!, "pg_isready"), "-q", "-h", SocketDirectory, "-p", port.ToString(CultureInfo.InvariantCulture)).Status != 0)
        {
            if (_standbys[name].HasExited || end.Elapsed > TimeSpan.FromSeconds(90))
                throw new InvalidOperationException("the standby does not answer");
        }

        return $"Host={SocketDirectory};Port={port};Username=pentode;Database=pentode";
    }

    /// <summary>Ends a standby at once.</summary>
    public void KillStandby(string name)
    {
        var process = _standbys[name];
        _standbys.Remove(name);
        End(process);
        process.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var name in _standbys.Keys.ToArray())
            KillStandby(name);
        if (_process is not null)
        {
            End(_process);
            _process.Dispose();
        }

        _directory.Dispose();
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        Leftovers.Forget(process);
    }

    private static string? Binaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(d => Path.Combine(d, "bin")).LastOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
        : null;

    private static (string Program, string[] Arguments) AsUser(string program, params string[] arguments)
    {
        var path = Path.Combine(Binaries()!, program);
        return Environment.UserName == "root" ? ("setpriv", ["--reuid=" + User, "--regid=" + User, "--clear-groups", path, .. arguments]) : (path, arguments);
    }
}
