namespace Pentode.Testing.Locks;

/// <summary>How a worker works.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="Seed">Seed of its choices.</param>
/// <param name="Tasks">Requests at the same time.</param>
/// <param name="Locks">Number of locks that are held for milliseconds.</param>
/// <param name="LongHoldMs">Longest use of the one lock that is held for seconds.</param>
/// <param name="TimeoutMs">Longest wait.</param>
public sealed record LockWorkerOptions(string Node, int Seed, int Tasks = 4, int Locks = 2, int LongHoldMs = 8000, int TimeoutMs = 120_000);
