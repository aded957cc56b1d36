using Pentode.Locks.Record;

namespace Pentode.Locks.Deadlock;

/// <summary>Names one wait in the cluster.</summary>
/// <param name="Session">Session of its node.</param>
/// <param name="Id">The node's number for it, never used again in that session.</param>
internal readonly record struct WaitKey(SessionId Session, ulong Id);
