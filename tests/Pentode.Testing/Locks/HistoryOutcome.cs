namespace Pentode.Testing.Locks;

/// <summary>How a request or a use of a lock ended.</summary>
public enum HistoryOutcome
{
    /// <summary>Granted and released.</summary>
    Released,

    /// <summary>Granted, and lost before it was released.</summary>
    Lost,

    /// <summary>Granted; the process ended (SIGKILL) before it could say more. Its end is the last moment it is known to have used the lock.</summary>
    Killed,

    /// <summary>Not granted: withdrawn, timed out or a try that failed.</summary>
    Refused,
}
