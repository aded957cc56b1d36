namespace Pentode.Names.Catalog;

/// <summary>How a store behaves.</summary>
public sealed record CatalogOptions
{
    /// <summary>Most bytes of one level kept in the store; more is EFBIG. 16 MiB.</summary>
    public long MaximumContent { get; init; } = 16 << 20;

    /// <summary>Longest tag content; more is EFBIG. 512.</summary>
    public int MaximumTag { get; init; } = 512;

    /// <summary>How long a removed file can come back; zero: never. One day.</summary>
    public TimeSpan TrashGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long events are kept. Seven days.</summary>
    public TimeSpan EventAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long calls that were done are remembered. Ten minutes.</summary>
    public TimeSpan RequestAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many of them, the newest: what a crash cuts off are calls of its last moment. 65536.</summary>
    public int RequestCount { get; init; } = 1 << 16;

    /// <summary>True: a reply may leave before its change is on the disk (lost only with the machine, never torn).</summary>
    public bool IsRelaxed { get; init; }

    /// <summary>How long opening waits for a database that is not there yet. Not at all.</summary>
    public TimeSpan OpenPatience { get; init; }

    /// <summary>Connections that read. 2.</summary>
    public int Readers { get; init; } = 2;

    /// <summary>Changes waiting at once; more is EAGAIN. 16384.</summary>
    public int QueueLength { get; init; } = 16384;

    /// <summary>First two bytes of new ids.</summary>
    public ushort StoreNumber { get; init; }

    /// <summary>Levels that take the file's owner and mode when made, changed with it; others start as the caller's with mode 0644. 1, 2 and 7.</summary>
    public IReadOnlyList<int> LevelsInStep { get; init; } = [1, 2, 7];

    /// <summary>Clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
