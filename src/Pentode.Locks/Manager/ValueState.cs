namespace Pentode.Locks.Manager;

/// <summary>What is known of a lock's value.</summary>
public enum ValueState
{
    /// <summary>Never written: 64 zero bytes.</summary>
    Unset,

    /// <summary>As written last.</summary>
    Valid,

    /// <summary>The last committed one, but an exclusive holder died and may have written another.</summary>
    Suspect,
}
