using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>A session of the cluster.</summary>
/// <param name="Session">Its id.</param>
/// <param name="Node">Name of the node.</param>
/// <param name="ProcessId">Of the daemon.</param>
/// <param name="Address">Where it can be reached, or empty.</param>
/// <param name="Beat">Beats so far.</param>
/// <param name="IsOwn">True for this node.</param>
public sealed record SessionListing(SessionId Session, string Node, int ProcessId, string Address, ulong Beat, bool IsOwn);
