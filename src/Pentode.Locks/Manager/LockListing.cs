using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>One lock of the cluster as its record says.</summary>
/// <param name="Domain">Domain.</param>
/// <param name="Name">Lock.</param>
/// <param name="Token">The last token handed out.</param>
/// <param name="Value">The value: 64 bytes.</param>
/// <param name="ValueToken">Token of the grant that wrote it.</param>
/// <param name="ValueState">Whether it was ever written and may be trusted.</param>
/// <param name="Parties">Who has and wants it, those who wait in their order, after those who do not.</param>
/// <param name="Problem">Why the record cannot be used, or null.</param>
public sealed record LockListing(
    LockName Domain,
    LockName Name,
    ulong Token,
    byte[] Value,
    ulong ValueToken,
    ValueState ValueState,
    IReadOnlyList<LockParty> Parties,
    string? Problem);
