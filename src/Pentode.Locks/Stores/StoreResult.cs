namespace Pentode.Locks.Stores;

/// <summary>The answer to a transaction.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Revision">For <see cref="StoreOutcome.Ok"/> with writes: the revision every put of it now has. Else 0.</param>
/// <param name="Current">
/// For <see cref="StoreOutcome.Conflict"/>: what each compared key held in the same atomic moment, one element for each compare in its order,
/// null where there is nothing. For <see cref="StoreOutcome.Ok"/> without writes the same. Else empty.
/// </param>
/// <param name="Detail">For people: the store's own words for everything but Ok and Conflict.</param>
public readonly record struct StoreResult(StoreOutcome Outcome, long Revision, IReadOnlyList<StoreEntry?> Current, string? Detail)
{
    /// <summary>Done under a revision.</summary>
    public static StoreResult Committed(long revision) => new(StoreOutcome.Ok, revision, [], null);

    /// <summary>Compares held and there was nothing to write.</summary>
    public static StoreResult Observed(IReadOnlyList<StoreEntry?> current) => new(StoreOutcome.Ok, 0, current, null);

    /// <summary>A compare did not hold.</summary>
    public static StoreResult Conflict(IReadOnlyList<StoreEntry?> current) => new(StoreOutcome.Conflict, 0, current, null);

    /// <summary>Not done, or nobody knows.</summary>
    public static StoreResult Failed(StoreOutcome outcome, string detail) => new(outcome, 0, [], detail);
}
