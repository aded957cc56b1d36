namespace Pentode.Uring;

/// <summary>How an <see cref="IoLoop"/> is made. Every limit has its default here.</summary>
public sealed record LoopOptions
{
    /// <summary>Name of the loop's thread.</summary>
    public string Name { get; init; } = "loop";

    /// <summary>
    /// Hears of every exception that a callback of the loop or a job of its workers let through: log it. Called on the thread where it
    /// happened. Null ends the process instead.
    /// </summary>
    public Action<Exception>? Fault { get; init; }

    /// <summary>Processor to run on, or -1 for no pinning.</summary>
    public int Processor { get; init; } = -1;

    /// <summary>Submission queue entries of a ring.</summary>
    public int SubmissionEntries { get; init; } = 512;

    /// <summary>Completion queue entries of a ring.</summary>
    public int CompletionEntries { get; init; } = 4096;

    /// <summary>Operations that may be under way on one loop.</summary>
    public int MaxOperations { get; init; } = 65536;

    /// <summary>Threads for blocking calls.</summary>
    public int WorkerThreads { get; init; } = 4;

    /// <summary>Blocking calls that may wait for a thread.</summary>
    public int MaxQueuedJobs { get; init; } = 16384;

    /// <summary>Idle buffer memory kept for reuse, in bytes.</summary>
    public long KeepBufferBytes { get; init; } = 64L << 20;

    /// <summary>Longest wait for more completions while busy, in microseconds; 0 turns coalescing off.</summary>
    public int MaxCoalesceUsec { get; init; } = 100;
}
