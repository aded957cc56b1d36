using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Files.Exports;

namespace Pentode.Daemon.Services;

/// <summary>
/// A part of the daemon with a life of its own beside the listeners: rings, names, locks, mounts. Started once in the order of
/// <see cref="Modules.Services"/>, stopped once in reverse. One that starts before the listeners may bring trees, which every front end serves.
/// </summary>
public interface IDaemonService
{
    /// <summary>Trees it brings; read after a start that succeeded. The daemon puts them beside the configured exports and disposes of them.</summary>
    IReadOnlyList<Volume> Volumes => [];

    /// <summary>Trees it grants host by host, for front ends that know clients by address; read after a start that succeeded. It owns them.</summary>
    ITreeExports? HostExports => null;

    /// <summary>What <c>pentode status</c> shows of it.</summary>
    IReadOnlyList<ServedExport> Exports { get; }

    /// <summary>Own listeners, as protocol and real address.</summary>
    IReadOnlyList<(string Protocol, ListenAddress Address)> Listeners => [];

    /// <summary>Connections now; any thread.</summary>
    IReadOnlyList<SessionInfo> Sessions => [];

    /// <summary>Starts, or says why not and leaves nothing running.</summary>
    Task<StartFailure?> StartAsync(ServiceContext context);

    /// <summary>Ends everything it started; also after a start that failed. No front end uses its trees any more.</summary>
    Task StopAsync();
}
