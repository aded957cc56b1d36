using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.NineP.Server;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>9P2000.L over the trees.</summary>
internal sealed class NinePFrontEnd : IFrontEnd
{
    private readonly NinePServer _server;

    public NinePFrontEnd(FrontEndContext context)
    {
        // Last: the first export answers an empty aname.
        var control = new ControlExport(PentodeDaemon.Version);
        _server = new NinePServer([.. context.Volumes.Select(v => new NinePExport(v.Name, v)), control.Export], new NinePServerOptions
        {
            MaxConnections = context.Configuration.Limits.Connections,
            HandshakeTimeoutMs = (long)context.Configuration.Limits.HandshakeTimeout.TotalMilliseconds,
            ResolveUser = context.Users.FindByName,
            ResolveUid = context.Users.FindByUid,
            Log = context.Log,
            Metrics = context.Metrics,
            Trace = context.Configuration.Log.Trace.Contains("9p"),
        });
        control.Watch(_server);
    }

    public string Protocol => "9p";

    public IReadOnlyList<SessionInfo> Sessions => _server.Sessions;

    public void Serve(IoLoop loop, int socket, string peer, ListenerConfiguration listener) => _server.Serve(loop, socket, peer);

    public Task EndSessionsAsync(Volume volume, CancellationToken cancellation) => _server.EndSessionsAsync(volume.Name, cancellation);

    public Task DrainAsync(TimeSpan timeout) => _server.DrainAsync(timeout);
}
