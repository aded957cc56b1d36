namespace Pentode.Locks.Stores;

/// <summary>One condition of a transaction.</summary>
public readonly record struct StoreCompare
{
    private StoreCompare(StoreKey key, StoreCondition condition, long revision)
    {
        Key = key;
        Condition = condition;
        Revision = revision;
    }

    /// <summary>The key that is looked at.</summary>
    public StoreKey Key { get; }

    /// <summary>What must hold.</summary>
    public StoreCondition Condition { get; }

    /// <summary>For <see cref="StoreCondition.ModRevision"/>: the revision; else 0.</summary>
    public long Revision { get; }

    /// <summary>The key must be there.</summary>
    public static StoreCompare Exists(StoreKey key) => new(key, StoreCondition.Exists, 0);

    /// <summary>The key must not be there.</summary>
    public static StoreCompare Absent(StoreKey key) => new(key, StoreCondition.Absent, 0);

    /// <summary>The key must have been written last by that revision; 0 means it must not be there.</summary>
    public static StoreCompare At(StoreKey key, long revision) =>
        revision == 0 ? Absent(key) : new(key, StoreCondition.ModRevision, revision);

    /// <summary>True when the condition holds for what the store has under the key (null: nothing).</summary>
    public bool Holds(StoreEntry? current) => Condition switch
    {
        StoreCondition.Exists => current is not null,
        StoreCondition.Absent => current is null,
        _ => current is not null && current.ModRevision == Revision,
    };
}
