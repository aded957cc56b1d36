namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary>A session as seen from outside, by looking twice.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="Address">Where it can be reached.</param>
/// <param name="ProcessId">Of its daemon.</param>
/// <param name="Session">Its id.</param>
/// <param name="Beat">Number of its last beat.</param>
/// <param name="IsBeating">True when it beat while we looked.</param>
/// <param name="ValidMs">How long it is valid at least: 0 when it did not beat, since then nobody can tell.</param>
/// <param name="DeadInMs">In how long at the latest others may declare it dead unless it beats; at most dead_ms.</param>
internal sealed record ClusterSession(string Node, string Address, int ProcessId, string Session, ulong Beat, bool IsBeating, int ValidMs, int DeadInMs);
