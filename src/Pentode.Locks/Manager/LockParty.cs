using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>One session in a lock's record.</summary>
/// <param name="Session">The session.</param>
/// <param name="Node">Name of its node, empty when it is not known any more.</param>
/// <param name="IsAlive">Whether the session's key is in the store.</param>
/// <param name="Granted">What the node has, in use or cached.</param>
/// <param name="Wanted">What it waits for, or <see cref="LockMode.Null"/>.</param>
/// <param name="Token">Token of the grant.</param>
/// <param name="Users">On this node: the uses and requests behind it. Empty for other nodes.</param>
public sealed record LockParty(SessionId Session, string Node, bool IsAlive, LockMode Granted, LockMode Wanted, ulong Token, IReadOnlyList<LockUser> Users);
