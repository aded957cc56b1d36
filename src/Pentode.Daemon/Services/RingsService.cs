using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Linux;
using Pentode.Rings.Server;

namespace Pentode.Daemon.Services;

/// <summary>The rings service: its server has its own thread, ring and socket.</summary>
internal sealed class RingsService(RingsConfiguration configuration) : IDaemonService
{
    private const int StandardError = 2;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RingsServer? _server;

    /// <inheritdoc/>
    public IReadOnlyList<ServedExport> Exports => _server is { } server
        ? [new ServedExport("rings", configuration.Socket, "io_uring", ReadOnly: false, 0,
            () => (long)(server.Stats.AcceptedSubmits + server.Stats.RejectedSubmits), () => server.BytesRead, () => server.BytesWritten,
            () => (long)server.Stats.RejectedSubmits)]
        : [];

    /// <inheritdoc/>
    public IReadOnlyList<(string Protocol, ListenAddress Address)> Listeners => [("rings", ListenAddress.Unix(configuration.Socket))];

    /// <inheritdoc/>
    public IReadOnlyList<SessionInfo> Sessions => _server?.Sessions ?? [];

    /// <inheritdoc/>
    public Task<StartFailure?> StartAsync(ServiceContext context)
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
            PerClientBytes = configuration.PerClientBytes,
            PerUserClients = configuration.PerUserClients,
            PerUserCredits = configuration.PerUserCredits,
            PerUserBytes = configuration.PerUserBytes,
            PerUserFds = configuration.PerUserFds,
            TaskTimeout = configuration.TaskTimeout,
            ActAs = configuration.ActAs == "server" ? RingsActor.Server : RingsActor.Caller,
            Listener = configuration.Listener,
            HasProtocol2 = configuration.HasProtocol2,
            RegionBytes2 = configuration.PerClientMemory,
            Weights = configuration.Weights,
            JobId = configuration.JobId,
            Trace = configuration.TraceStderr ? static line => _ = FileCalls.Write(StandardError, line) : null,
            AllowedUids = configuration.AllowUids,
            AllowedGids = configuration.AllowGids,
            CancelAny = configuration.CancelAny,
            Roots = configuration.Roots,
            HandshakeTimeout = context.Configuration.Limits.HandshakeTimeout,
            Log = context.Log,
        };
        var started = new TaskCompletionSource<StartFailure?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Work(options, started)) { IsBackground = true, Name = "rings" };
        thread.Start();
        return started.Task;
    }

    /// <inheritdoc/>
    public Task StopAsync()
    {
        if (_server is not { } server)
            return Task.CompletedTask;
        server.Stop();
        return _ended.Task;
    }

    // The ring belongs to the thread that makes it.
    private void Work(RingsServerOptions options, TaskCompletionSource<StartFailure?> started)
    {
        var server = RingsServer.Start(options, out var failure);
        if (server is null)
        {
            var code = failure!.IsAboutSocket ? ExitCode.CannotListen : ExitCode.Failure;
            started.SetResult(new StartFailure(code, $"cannot serve rings on {options.SocketPath}: {failure.Message}"));
            return;
        }

        _server = server;
        started.SetResult(null);
        server.Run();
        _ended.SetResult();
    }
}
