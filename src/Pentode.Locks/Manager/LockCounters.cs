using Pentode.Core.Diagnostics;

namespace Pentode.Locks.Manager;

/// <summary>What the engine counts.</summary>
public sealed class LockCounters
{
    internal LockCounters(MetricsRegistry metrics)
    {
        Cached = metrics.Counter("pentode.locks.cached", "locks granted from the node's cache");
        Waits = metrics.Counter("pentode.locks.waits", "locks granted by the engine");
        WaitedMs = metrics.Counter("pentode.locks.waited_ms", "milliseconds requests waited for their grant");
        Recalls = metrics.Counter("pentode.locks.recalls", "grants given away because another node waited");
        Conflicts = metrics.Counter("pentode.locks.conflicts", "transactions done again because the record had changed");
        RoundTrips = metrics.Counter("pentode.locks.round_trips", "transactions for locks sent to the store");
        Lost = metrics.Counter("pentode.locks.lost", "held locks that were lost");
        SessionsLost = metrics.Counter("pentode.locks.sessions_lost", "sessions of this node that were lost");
        Certified = metrics.Counter("pentode.locks.sessions_certified_dead", "sessions of other nodes declared dead by this one");
        Deadlocks = metrics.Counter("pentode.locks.deadlocks", "requests refused because they waited in a circle");
        Reaped = metrics.Counter("pentode.locks.reaped", "entries of dead sessions removed from records");
    }

    /// <summary>Grants without a round trip.</summary>
    public Counter Cached { get; }

    /// <summary>Grants with one.</summary>
    public Counter Waits { get; }

    /// <summary>Sum of the waits.</summary>
    public Counter WaitedMs { get; }

    /// <summary>Grants given away.</summary>
    public Counter Recalls { get; }

    /// <summary>Lost races for a record.</summary>
    public Counter Conflicts { get; }

    /// <summary>Transactions for locks.</summary>
    public Counter RoundTrips { get; }

    /// <summary>Locks lost.</summary>
    public Counter Lost { get; }

    /// <summary>Own sessions lost.</summary>
    public Counter SessionsLost { get; }

    /// <summary>Others' sessions ended.</summary>
    public Counter Certified { get; }

    /// <summary>Requests refused with EDEADLK.</summary>
    public Counter Deadlocks { get; }

    /// <summary>Entries removed for the dead.</summary>
    public Counter Reaped { get; }

    internal void Waited(long milliseconds)
    {
        Waits.Add();
        WaitedMs.Add(milliseconds);
    }
}
