namespace Pentode.Nemesis;

/// <summary>What a run does.</summary>
/// <param name="Seconds">How long the workers work.</param>
/// <param name="Locks"><c>pentode</c> or <c>naive</c>.</param>
/// <param name="Seed">Seed of all choices.</param>
/// <param name="Faults">Names of faults to choose from.</param>
/// <param name="Nodes">Worker processes.</param>
/// <param name="Report">File the report is written to as well; empty for none.</param>
/// <param name="LongHoldMs">Longest use of the lock that is held for seconds.</param>
/// <param name="Keep">Directory for histories and logs; empty removes them.</param>
public sealed record NemesisOptions(int Seconds, string Locks, int Seed, IReadOnlyList<string> Faults, int Nodes, string Report, int LongHoldMs, string Keep);
