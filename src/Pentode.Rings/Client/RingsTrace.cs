namespace Pentode.Rings.Client;

/// <summary>What a trace request brought; the events went into the caller's list.</summary>
/// <param name="OldestSequence">Oldest event the server still has; 0 before any.</param>
/// <param name="LatestSequence">Newest one; 0 before any.</param>
/// <param name="Count">Events added to the list.</param>
public readonly record struct RingsTrace(ulong OldestSequence, ulong LatestSequence, int Count);
