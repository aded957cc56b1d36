namespace Pentode.Locks.Record;

/// <summary>Flags of a lock record.</summary>
[Flags]
public enum RecordFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The value was written at least once.</summary>
    ValueSet = 1,

    /// <summary>An exclusive holder died and may have had a value it did not commit: the value is the last committed one.</summary>
    ValueSuspect = 2,

    /// <summary>The record outlives its last user.</summary>
    Persist = 4,

    /// <summary>Its last users died and did not give it up: the value is kept for the next one.</summary>
    Orphan = 8,
}
