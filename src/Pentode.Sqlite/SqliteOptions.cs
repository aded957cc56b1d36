namespace Pentode.Sqlite;

/// <summary>How a database is opened.</summary>
public sealed record SqliteOptions
{
    /// <summary>True: synchronous=NORMAL, a commit may be lost with the machine (never torn). False: FULL.</summary>
    public bool IsRelaxed { get; init; }

    /// <summary>Connections that read, each with its thread.</summary>
    public int Readers { get; init; } = 2;

    /// <summary>Most jobs waiting of each sort; more is EAGAIN.</summary>
    public int QueueLength { get; init; } = 16384;

    /// <summary>Most changes in one transaction.</summary>
    public int Group { get; init; } = 64;

    /// <summary>Page cache of each connection in KiB.</summary>
    public int CacheKib { get; init; } = 16 * 1024;

    /// <summary>Bytes of the file that each connection reads through a mapping (page cache, not memory of the process).</summary>
    public long MappedBytes { get; init; } = 64L << 20;

    /// <summary>The write-ahead log is copied into the file after this many bytes at the latest.</summary>
    public long CheckpointBytes { get; init; } = 16L << 20;
}
