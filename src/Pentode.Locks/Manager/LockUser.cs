using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>A use of a lock on this node, or a request that waits for one.</summary>
/// <param name="Mode">Shared or exclusive.</param>
/// <param name="IsWaiting">True for a request.</param>
/// <param name="OpenerPid">The process, 0 when unknown.</param>
/// <param name="Command">Words given with the request.</param>
/// <param name="AgeMs">Since when.</param>
public sealed record LockUser(LockMode Mode, bool IsWaiting, int OpenerPid, string? Command, long AgeMs);
