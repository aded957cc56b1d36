namespace Pentode.Daemon.Configuration;

/// <summary>The <c>names:</c> section: one namespace and how it is exported.</summary>
public sealed record NamesConfiguration
{
    /// <summary>File of the SQLite store; null with <see cref="Postgres"/>.</summary>
    public string? Path { get; init; }

    /// <summary>Connection string of the PostgreSQL store; null with <see cref="Path"/>.</summary>
    public string? Postgres { get; init; }

    /// <summary>How long the start waits for the database.</summary>
    public TimeSpan PostgresWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Answers wait for the disk.</summary>
    public bool IsDurable { get; init; } = true;

    /// <summary>How long what was removed can be had back.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most bytes of a file kept in the store.</summary>
    public long InlineMaximum { get; init; } = 16L << 20;

    /// <summary>Longest content of a tag.</summary>
    public int TagMaximum { get; init; } = 512;

    /// <summary>Files of <c>/admin/etc/exports</c> say what hosts may mount.</summary>
    public bool HostExports { get; init; } = true;

    /// <summary>Exports by name.</summary>
    public IReadOnlyList<NamesExportConfiguration> Exports { get; init; } = [];
}
