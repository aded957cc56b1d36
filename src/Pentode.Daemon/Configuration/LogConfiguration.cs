using Pentode.Core.Diagnostics;

namespace Pentode.Daemon.Configuration;

/// <summary>The <c>log:</c> section.</summary>
public sealed record LogConfiguration
{
    /// <summary>Protocols that can be traced.</summary>
    public static IReadOnlyList<string> Traceable { get; } = ["9p", "nbd", "nfs"];

    /// <summary>Least severe level that is written.</summary>
    public LogLevel Level { get; init; } = LogLevel.Info;

    /// <summary>One JSON object for each line instead of plain text.</summary>
    public bool IsJson { get; init; }

    /// <summary>Protocols whose every request is written, at level info.</summary>
    public IReadOnlyList<string> Trace { get; init; } = [];
}
