namespace Pentode.Files;

/// <summary>Who holds a byte-range lock: a process of a client of a connection.</summary>
/// <param name="Session">Identity of the connection.</param>
/// <param name="ProcessId">The client's process.</param>
/// <param name="ClientId">The client's own name.</param>
public sealed record LockOwner(object Session, uint ProcessId, string ClientId)
{
    /// <summary>
    /// Others than the owner give the lock back too, through the same open file: where the session cannot tell flock(2), whose locks are the open file's, from locks of
    /// processes.
    /// </summary>
    public bool LocksByFile { get; init; }
}
