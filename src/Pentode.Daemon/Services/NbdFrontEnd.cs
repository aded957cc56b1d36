using Pentode.Blocks;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Nbd.Server;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>NBD over the block exports.</summary>
internal sealed class NbdFrontEnd : IFrontEnd
{
    private readonly NbdServer _server;
    private readonly IReadOnlyList<BlockExport> _exports;

    public NbdFrontEnd(FrontEndContext context)
    {
        _server = new NbdServer(context.Blocks, new NbdServerOptions
        {
            MaxConnections = context.Configuration.Limits.Connections,
            HandshakeTimeoutMs = (int)context.Configuration.Limits.HandshakeTimeout.TotalMilliseconds,
            Metrics = context.Metrics,
            Log = context.Log,
            Trace = context.Configuration.Log.Trace.Contains("nbd"),
        });
        _exports = context.Blocks;
    }

    public string Protocol => "nbd";

    public IReadOnlyList<SessionInfo> Sessions => _server.Sessions;

    public void Serve(IoLoop loop, int socket, string peer, ListenerConfiguration listener) => _server.Serve(loop, socket, peer,
        listener.OldStyleExport is { } name ? _exports.First(e => string.Equals(e.Name, name, StringComparison.Ordinal)) : null);

    public Task EndSessionsAsync(BlockExport export, CancellationToken cancellation) => _server.EndSessionsAsync(export, cancellation);

    public Task DrainAsync(TimeSpan timeout) => _server.DrainAsync(timeout);
}
