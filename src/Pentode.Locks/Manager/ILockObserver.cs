using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>Told what happens to a held lock. Calls come on any thread, outside the manager's own lock, and must return quickly.</summary>
public interface ILockObserver
{
    /// <summary>Another node began to wait for <paramref name="wanted"/>, which this holder stands in the way of; once for each change.</summary>
    void OnBlocking(LockHandle handle, LockMode wanted);

    /// <summary>The lock is no longer held. Once.</summary>
    void OnLost(LockHandle handle);
}
