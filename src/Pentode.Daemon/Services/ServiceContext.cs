using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>What a service starts with.</summary>
public sealed record ServiceContext
{
    /// <summary>The whole configuration.</summary>
    public required DaemonConfiguration Configuration { get; init; }

    /// <summary>The loops.</summary>
    public required IReadOnlyList<IoLoop> Loops { get; init; }

    /// <summary>Trees open so far, by name: all of them for a service that starts after the listeners.</summary>
    public required IReadOnlyList<Volume> Volumes { get; init; }

    /// <summary>Tables of trees granted host by host, of the services started so far.</summary>
    public IReadOnlyList<ITreeExports> HostExports { get; init; } = [];

    /// <summary>Trees whose service says host by host who may have them: nobody gets them from a front end that knows addresses without being told to.</summary>
    public IReadOnlyList<Volume> HostGranted { get; init; } = [];

    /// <summary>The daemon is told to end before it has started: what is waited for is not any more.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Log.</summary>
    public required ILog Log { get; init; }

    /// <summary>Metrics.</summary>
    public required MetricsRegistry Metrics { get; init; }
}
