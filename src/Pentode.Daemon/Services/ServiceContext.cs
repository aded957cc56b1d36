using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
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

    /// <summary>Log.</summary>
    public required ILog Log { get; init; }

    /// <summary>Metrics.</summary>
    public required MetricsRegistry Metrics { get; init; }
}
