using Pentode.Blocks;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>A protocol server as the daemon sees it.</summary>
public interface IFrontEnd
{
    /// <summary>"9p" or "nbd".</summary>
    string Protocol { get; }

    /// <summary>Connections now; any thread.</summary>
    IReadOnlyList<SessionInfo> Sessions { get; }

    /// <summary>Takes over a socket that <paramref name="listener"/> accepted. Called on the loop that is to own it.</summary>
    void Serve(IoLoop loop, int socket, string peer, ListenerConfiguration listener);

    /// <summary>Ends the connections that use a block export; returns when none of their requests can be carried out any more.</summary>
    Task EndSessionsAsync(BlockExport export, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>As the other, for a tree.</summary>
    Task EndSessionsAsync(Volume volume, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Ends every connection, leaving it so much time to finish its requests.</summary>
    Task DrainAsync(TimeSpan timeout);
}
