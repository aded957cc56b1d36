namespace Pentode.Locks.Stores;

/// <summary>How a call to a store ended. Only the first two come from the store itself; a caller has to handle every one.</summary>
public enum StoreOutcome
{
    /// <summary>Done, and durable as far as this store makes things durable.</summary>
    Ok,

    /// <summary>A compare did not hold; nothing was written. <see cref="StoreResult.Current"/> has what is there.</summary>
    Conflict,

    /// <summary>Nobody knows whether the writes happened, and they may still happen later. Never returned for a call without writes.</summary>
    Unknown,

    /// <summary>Certainly not done: the store could not be reached, or a read got no answer in time.</summary>
    Unavailable,

    /// <summary>Certainly not done: the store takes no writes (read-only, no space, alarm raised).</summary>
    ReadOnly,

    /// <summary>Certainly not done, and trying again will not help: wrong credentials, another cluster, too old a version.</summary>
    Refused,
}
