using Pentode.Core.Diagnostics;
using Pentode.Nbd.Server;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>NBD over the block exports.</summary>
internal sealed class NbdFrontEnd : IFrontEnd
{
    private readonly NbdServer _server;

    public NbdFrontEnd(FrontEndContext context)
    {
        _server = new NbdServer(context.Blocks, new NbdServerOptions
        {
            MaxConnections = context.Configuration.Limits.Connections,
            HandshakeTimeoutMs = (int)context.Configuration.Limits.HandshakeTimeout.TotalMilliseconds,
            OldStyleExport = context.Configuration.Blocks?.OldStyleExport,
            Metrics = context.Metrics,
            Log = context.Log,
            Trace = context.Configuration.Trace.Contains("nbd"),
        });
    }

    public string Protocol => "nbd";

    public IReadOnlyList<SessionInfo> Sessions => _server.Sessions;

    public void Serve(IoLoop loop, int socket, string peer) => _server.Serve(loop, socket, peer);

    public Task DrainAsync(TimeSpan timeout) => _server.DrainAsync(timeout);
}
