namespace Pentode.Locks.Deadlock;

/// <summary>One wait that cannot end before another has.</summary>
/// <param name="From">Who waits.</param>
/// <param name="To">Whom for.</param>
/// <param name="IsOrder">True when it is only its place in the record's queue, false when it is a lock that is pinned or the order within a node.</param>
internal readonly record struct WaitEdge(WaitKey From, WaitKey To, bool IsOrder);
