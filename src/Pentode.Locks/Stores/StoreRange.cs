namespace Pentode.Locks.Stores;

/// <summary>The answer to a read.</summary>
/// <param name="Outcome"><see cref="StoreOutcome.Ok"/>, <see cref="StoreOutcome.Unavailable"/> or <see cref="StoreOutcome.Refused"/>.</param>
/// <param name="Entries">The keys found, in bytewise order, all of one moment.</param>
/// <param name="More">True when the limit cut the list: go on from the last key.</param>
/// <param name="Detail">For people, when it failed.</param>
public readonly record struct StoreRange(StoreOutcome Outcome, IReadOnlyList<StoreEntry> Entries, bool More, string? Detail)
{
    /// <summary>What was found.</summary>
    public static StoreRange Found(IReadOnlyList<StoreEntry> entries, bool more) => new(StoreOutcome.Ok, entries, more, null);

    /// <summary>No answer.</summary>
    public static StoreRange Failed(StoreOutcome outcome, string detail) => new(outcome, [], false, detail);
}
