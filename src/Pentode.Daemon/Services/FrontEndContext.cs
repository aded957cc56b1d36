using Pentode.Blocks;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Identity;
using Pentode.Files;

namespace Pentode.Daemon.Services;

/// <summary>What a front end is made of.</summary>
public sealed record FrontEndContext
{
    /// <summary>The whole configuration.</summary>
    public required DaemonConfiguration Configuration { get; init; }

    /// <summary>Open trees by attach name.</summary>
    public IReadOnlyList<Volume> Volumes { get; init; } = [];

    /// <summary>Open block exports.</summary>
    public IReadOnlyList<BlockExport> Blocks { get; init; } = [];

    /// <summary>Who users are.</summary>
    public required UserDatabase Users { get; init; }

    /// <summary>Log.</summary>
    public required ILog Log { get; init; }

    /// <summary>Metrics.</summary>
    public required MetricsRegistry Metrics { get; init; }
}
