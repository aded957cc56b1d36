using Pentode.Locks.Deadlock;
using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>How a lock is asked for.</summary>
/// <param name="Mode">Shared or exclusive.</param>
/// <param name="Try">Do not wait: EAGAIN unless it can be had within the domain's try_recall_ms.</param>
/// <param name="TimeoutMs">Longest wait, ETIMEDOUT after it; negative waits without end.</param>
/// <param name="OpenerPid">Process that asks, 0 when unknown: for listings, deadlock detection and what is done on loss.</param>
/// <param name="ExcludeLocally">Exclude other users on this node as well, not only other nodes.</param>
/// <param name="Command">Words for listings, for example the command that runs under the lock.</param>
/// <param name="Witness">Knows what the asker cannot give back while it waits, so that deadlocks over several locks are found; see <see cref="SequentialOwner"/>.</param>
public readonly record struct AcquireOptions(
    LockMode Mode,
    bool Try = false,
    long TimeoutMs = -1,
    int OpenerPid = 0,
    bool ExcludeLocally = false,
    string? Command = null,
    IWaitWitness? Witness = null);
