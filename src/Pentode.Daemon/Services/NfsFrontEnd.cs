using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Nfs.Server;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>Hands accepted connections to the NFS server.</summary>
internal sealed class NfsFrontEnd(NfsServer server, string protocol) : IFrontEnd
{
    public string Protocol => protocol;

    public IReadOnlyList<SessionInfo> Sessions => server.Sessions;

    public void Serve(IoLoop loop, int socket, string peer, ListenerConfiguration listener) => server.Serve(loop, socket, peer);

    public Task DrainAsync(TimeSpan timeout) => server.DrainAsync(timeout);
}
