using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Linux;
using Pentode.Rings.Server;

namespace Pentode.Daemon.Services;

/// <summary>The rings service: its server has its own thread, ring and socket.</summary>
internal sealed class RingsService
{
    private const int StandardError = 2;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RingsServer _server;

    private RingsService(RingsServer server, string socket)
    {
        _server = server;
        Address = ListenAddress.Unix(socket);
        Export = new ServedExport("rings", socket, "io_uring", ReadOnly: false, 0, () => (long)(server.Stats.AcceptedSubmits + server.Stats.RejectedSubmits),
            () => server.BytesRead, () => server.BytesWritten, () => (long)server.Stats.RejectedSubmits);
    }

    /// <summary>Where it listens.</summary>
    public ListenAddress Address { get; }

    /// <summary>What status shows.</summary>
    public ServedExport Export { get; }

    /// <summary>Connections now.</summary>
    public IReadOnlyList<SessionInfo> Sessions => _server.Sessions;

    /// <summary>Starts it, or says why not.</summary>
    public static (RingsService? Service, StartFailure? Failure) Start(RingsConfiguration configuration, LimitsConfiguration limits, ILog log)
    {
        var options = new RingsServerOptions
        {
            SocketPath = configuration.Socket,
            RingEntries = configuration.RingEntries,
            MaxClients = configuration.MaxClients,
            RegisteredFds = configuration.RegisteredFds,
            RegisteredBuffers = configuration.RegisteredBuffers,
            PerClientCredits = configuration.PerClientCredits,
            IoBytesMax = configuration.IoBytesMax,
            JobId = configuration.JobId,
            Trace = configuration.TraceStderr ? static line => _ = FileCalls.Write(StandardError, line) : null,
            AllowedUids = configuration.AllowUids,
            AllowedGids = configuration.AllowGids,
            CancelAny = configuration.CancelAny,
            Roots = configuration.Roots,
            HandshakeTimeout = limits.HandshakeTimeout,
            Log = log,
        };
        var started = new TaskCompletionSource<(RingsService?, StartFailure?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Work(options, started)) { IsBackground = true, Name = "rings" };
        thread.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    /// <summary>Ends every connection and removes the socket.</summary>
    public Task StopAsync()
    {
        _server.Stop();
        return _ended.Task;
    }

    // The ring belongs to the thread that makes it.
    private static void Work(RingsServerOptions options, TaskCompletionSource<(RingsService?, StartFailure?)> started)
    {
        var server = RingsServer.Start(options, out var failure);
        if (server is null)
        {
            var code = failure!.IsAboutSocket ? ExitCode.CannotListen : ExitCode.Failure;
            started.SetResult((null, new StartFailure(code, $"cannot serve rings on {options.SocketPath}: {failure.Message}")));
            return;
        }

        var service = new RingsService(server, options.SocketPath);
        started.SetResult((service, null));
        server.Run();
        service._ended.SetResult();
    }
}
