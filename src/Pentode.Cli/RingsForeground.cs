using System.Runtime.InteropServices;
using Pentode.Linux;
using Pentode.Rings.Server;

namespace Pentode.Cli;

/// <summary>Runs a rings server on the calling thread until a signal. Signals are caught from the construction on.</summary>
internal sealed class RingsForeground : IDisposable
{
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private readonly Lock _lock = new();
    private RingsServer? _server;
    private PosixSignal? _signal;

    public RingsForeground()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    }

    /// <summary>The signal that ended the server, with everything removed; null when it did not start, for the reason given.</summary>
    public PosixSignal? Run(RingsServerOptions options, out RingsStartFailure? failure)
    {
        var server = RingsServer.Start(options, out failure);
        if (server is null)
            return null;
        lock (_lock)
        {
            _server = server;
            if (_signal is not null)
                server.Stop();
        }

        ServiceManager.Notify("READY=1");
        server.Run();
        lock (_lock)
            _server = null;
        return _signal;
    }

    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
        {
            _signal ??= context.Signal;
            _server?.Stop();
        }
    }
}
