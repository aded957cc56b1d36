namespace Pentode.Daemon.Admin;

/// <summary>A loop in a status report. Completions and requests divided by turns tell how well work is batched.</summary>
public sealed record LoopStatus
{
    /// <summary>Name of its thread.</summary>
    public string Name { get; init; } = "";

    /// <summary>Turns so far.</summary>
    public long Turns { get; init; }

    /// <summary>Completions handled so far.</summary>
    public long Completions { get; init; }

    /// <summary>Requests of clients taken so far.</summary>
    public long Requests { get; init; }

    /// <summary>Operations under way.</summary>
    public int Pending { get; init; }
}
