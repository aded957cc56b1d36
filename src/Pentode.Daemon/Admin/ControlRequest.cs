namespace Pentode.Daemon.Admin;

/// <summary>A request on the control socket: one line of JSON.</summary>
/// <param name="Command">"status".</param>
public sealed record ControlRequest(string Command);
