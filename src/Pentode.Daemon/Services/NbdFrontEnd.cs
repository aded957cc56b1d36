using Pentode.Blocks;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Server;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>NBD over the block exports.</summary>
internal sealed class NbdFrontEnd : IFrontEnd
{
    private readonly NbdServer _server;
    private readonly BlockExport? _oldStyle;

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
        var oldStyle = context.Configuration.Blocks?.OldStyleExport;
        _oldStyle = context.Blocks.FirstOrDefault(e => string.Equals(e.Name, oldStyle, StringComparison.Ordinal));
    }

    public string Protocol => "nbd";

    public IReadOnlyList<SessionInfo> Sessions => _server.Sessions;

    public void Serve(IoLoop loop, int socket, string peer) => _server.Serve(loop, socket, peer, _oldStyle);

    public Task DrainAsync(TimeSpan timeout) => _server.DrainAsync(timeout);
}
