using Pentode.Core;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>What one endpoint said when it was asked for its status.</summary>
/// <param name="Endpoint">Its client URL.</param>
/// <param name="Status">Its answer; null when there was none.</param>
/// <param name="LatencyMs">Round trip of the question.</param>
/// <param name="Error">None when it answered.</param>
/// <param name="Problem">Why it did not answer or may not be used; empty when all is well.</param>
internal sealed record EtcdMemberStatus(Uri Endpoint, StatusResponse? Status, double LatencyMs, Errno Error, string Problem);
