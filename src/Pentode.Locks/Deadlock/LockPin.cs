using Pentode.Locks.Record;

namespace Pentode.Locks.Deadlock;

/// <summary>A lock that somebody who waits for another one has and cannot give back before he has been answered.</summary>
/// <param name="Domain">Domain of the lock.</param>
/// <param name="Name">The lock.</param>
/// <param name="Mode">What of it is held.</param>
/// <param name="ExcludesLocally">It keeps others of its own node out as well.</param>
public readonly record struct LockPin(LockName Domain, LockName Name, LockMode Mode, bool ExcludesLocally = false);
