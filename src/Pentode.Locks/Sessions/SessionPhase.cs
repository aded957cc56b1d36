namespace Pentode.Locks.Sessions;

/// <summary>How sure a node may be of its locks.</summary>
public enum SessionPhase
{
    /// <summary>No session yet, or the last one was lost: nothing is held and nothing can be asked for at once.</summary>
    Down,

    /// <summary>Beats are acknowledged.</summary>
    Live,

    /// <summary>No beat was acknowledged for half of hold_ms: locks are good still, but no exclusive use begins from the cache.</summary>
    Suspect,
}
