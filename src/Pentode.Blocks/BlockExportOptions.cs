using Pentode.Core;

namespace Pentode.Blocks;

/// <summary>How a <see cref="BlockExport"/> is offered. Every limit has its default here.</summary>
public sealed record BlockExportOptions
{
    /// <summary>Refuse writes even when the backend takes them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>One line for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Changes pass only while it says so; null lets all pass. See <see cref="Guarded.GuardedBackend"/>.</summary>
    public IWriteGuard? Guard { get; init; }

    /// <summary>Longest range one <see cref="BlockExport.Zero"/> takes; longer is EINVAL.</summary>
    public long MaxZeroLength { get; init; } = long.MaxValue;

    /// <summary>Most extents one <see cref="BlockExport.Extents"/> appends, whatever is asked.</summary>
    public int MaxExtents { get; init; } = 16384;
}
