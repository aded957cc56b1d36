using Pentode.Locks.Manager;

namespace Pentode.Locks.Deadlock;

/// <summary>
/// Knows what somebody who waits cannot give back while he waits. Only what a witness vouches for can prove a deadlock: a use whose end somebody
/// else could bring about proves nothing.
/// </summary>
public interface IWaitWitness
{
    /// <summary>
    /// The locks whose use cannot end before <paramref name="request"/> has: none when nothing can be vouched for. Asked only about requests that have
    /// waited for a while, outside the manager's lock; may read files, must not wait. The answer counts only if the request waits still when it comes.
    /// </summary>
    IReadOnlyList<LockPin> PinsOf(LockRequest request);
}
