using Pentode.Daemon.Services;

namespace Pentode.Daemon.Admin;

/// <summary>A request on the control socket: one line of JSON.</summary>
/// <param name="Command">"status", "names" or "locks".</param>
/// <param name="Names">With "names": what is asked of the namespace.</param>
/// <param name="Locks">With "locks": what is asked of the locks.</param>
public sealed record ControlRequest(string Command, NamesRequest? Names = null, LocksRequest? Locks = null);
