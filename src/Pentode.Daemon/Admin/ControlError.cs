namespace Pentode.Daemon.Admin;

/// <summary>The answer to a request that cannot be served.</summary>
/// <param name="Error">Why.</param>
public sealed record ControlError(string Error);
