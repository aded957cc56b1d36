namespace Pentode.Locks.Record;

/// <summary>Strength of a lock, ordered: a mode covers every lower one. The numbers are those of the record's bytes.</summary>
public enum LockMode : byte
{
    /// <summary>No access (NL): an interest that keeps the record alive. As a wanted mode: nothing is wanted.</summary>
    Null = 0,

    /// <summary>Shared read (PR): any number of holders.</summary>
    Shared = 1,

    /// <summary>Exclusive (EX): one holder and nobody else.</summary>
    Exclusive = 2,
}
