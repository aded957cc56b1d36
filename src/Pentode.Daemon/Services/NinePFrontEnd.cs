using Pentode.Core.Diagnostics;
using Pentode.NineP.Server;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>9P2000.L over the trees.</summary>
internal sealed class NinePFrontEnd : IFrontEnd
{
    private readonly NinePServer _server;

    public NinePFrontEnd(FrontEndContext context)
    {
        _server = new NinePServer([.. context.Volumes.Select(v => new NinePExport(v.Name, v))], new NinePServerOptions
        {
            MaxConnections = context.Configuration.Limits.Connections,
            ResolveUser = context.Users.FindByName,
            ResolveUid = context.Users.FindByUid,
            Log = context.Log,
            Metrics = context.Metrics,
            Trace = context.Configuration.Trace.Contains("9p"),
        });
    }

    public string Protocol => "9p";

    public IReadOnlyList<SessionInfo> Sessions => _server.Sessions;

    public void Serve(IoLoop loop, int socket, string peer) => _server.Serve(loop, socket, peer);

    public Task DrainAsync(TimeSpan timeout) => _server.DrainAsync(timeout);
}
