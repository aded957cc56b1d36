namespace Pentode.Daemon.Services;

/// <summary>What the control socket is asked about locks.</summary>
/// <param name="Action">"list", "nodes", "break" or "declare-dead".</param>
/// <param name="Domain">With "list": only this domain.</param>
/// <param name="Lock">With "break": the lock, as DOMAIN/NAME.</param>
/// <param name="Force">With "break": take it away from a node that is alive as well.</param>
/// <param name="Node">With "declare-dead": the node.</param>
public sealed record LocksRequest(string Action, string? Domain = null, string? Lock = null, bool Force = false, string? Node = null);
