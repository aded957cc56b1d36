using Pentode.Core.Diagnostics;

namespace Pentode.Daemon.Admin;

/// <summary>Answer to the command "status".</summary>
public sealed record StatusReport
{
    /// <summary>Version of this shape: raised only when a key changes its meaning or goes away.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Version of the daemon.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its process.</summary>
    public int Pid { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Seconds since it started.</summary>
    public long UptimeSeconds { get; init; }

    /// <summary>"ring" or "portable".</summary>
    public string Engine { get; init; } = "";

    /// <summary>Loops.</summary>
    public IReadOnlyList<LoopStatus> Loops { get; init; } = [];

    /// <summary>"nbd tcp 127.0.0.1:10809" and so on.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>Exports.</summary>
    public IReadOnlyList<ExportStatus> Exports { get; init; } = [];

    /// <summary>Sums over all exports since the start.</summary>
    public TotalsStatus Totals { get; init; } = new();

    /// <summary>Connections.</summary>
    public IReadOnlyList<SessionInfo> Connections { get; init; } = [];

    /// <summary>Metrics by name.</summary>
    public IReadOnlyDictionary<string, long> Metrics { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);
}
