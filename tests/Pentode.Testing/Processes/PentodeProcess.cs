using System.Diagnostics;
using System.Text;

namespace Pentode.Testing.Processes;

/// <summary>The real daemon as a child process: started, awaited until it serves, ended by SIGTERM.</summary>
public sealed class PentodeProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _listeners = [];
    private readonly StringBuilder _errors = new();
    private bool _isDisposed;

    private PentodeProcess(Process process)
    {
        _process = process;
    }

    /// <summary>Path of the built command.</summary>
    public static string Binary
    {
        get
        {
            var directory = AppContext.BaseDirectory.TrimEnd('/');
            var configuration = Path.GetFileName(directory);
            return Path.GetFullPath(Path.Combine(directory, "..", "..", "Pentode.Cli", configuration, "pentode"));
        }
    }

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>It has ended, by itself or by a signal.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts <c>pentode ARGUMENTS</c> and returns when it printed "ready".</summary>
    public static PentodeProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>The same with more in its environment.</summary>
    public static PentodeProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        Tool.LeaveNoSockets(start);
        var process = Process.Start(start)!;
        var daemon = new PentodeProcess(process);
        Leftovers.Add(daemon, daemon.End);
        process.ErrorDataReceived += (_, e) =>
        {
            lock (daemon._errors)
                daemon._errors.AppendLine(e.Data);
        };
        process.BeginErrorReadLine();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("listening on ", StringComparison.Ordinal))
                daemon._listeners.Add(line["listening on ".Length..]);
            if (line == "ready")
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return daemon;
            }
        }

        process.WaitForExit(5000);
        daemon.End();
        Leftovers.Forget(daemon);
        throw new InvalidOperationException($"pentode {string.Join(' ', arguments)} ended with {process.ExitCode}: {daemon.Errors}");
    }

    /// <summary>Address of the listener, for example <c>Listener("nbd", "tcp")</c>.</summary>
    public string Listener(string protocol, string transport) =>
        _listeners.First(l => l.StartsWith($"{protocol} {transport} ", StringComparison.Ordinal))[(protocol.Length + transport.Length + 2)..];

    /// <summary>Port of the TCP listener.</summary>
    public int Port(string protocol)
    {
        var address = Listener(protocol, "tcp");
        return int.Parse(address[(address.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Sends SIGTERM and returns the exit status.</summary>
    public int Terminate()
    {
        Tool.Run(5, "/bin/kill", "-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return _process.WaitForExit(15000) ? _process.ExitCode : throw new TimeoutException("the daemon did not end within 15 s of SIGTERM");
    }

    /// <summary>Sends SIGKILL and waits.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        Leftovers.Forget(this);
        End();
        _process.Dispose();
    }

    private void End()
    {
        if (!_process.HasExited)
            Kill();
    }
}
