namespace Pentode.Locks.Stores;

/// <summary>What a store says of itself, for status pages and start-up checks.</summary>
/// <param name="Outcome"><see cref="StoreOutcome.Ok"/> when it was asked and answered; else why not.</param>
/// <param name="Kind">embedded, etcd, postgres, memory.</param>
/// <param name="Version">Version of the server.</param>
/// <param name="IsReadOnly">True when it takes no writes now.</param>
/// <param name="IsClusterDurable">True when an acknowledged write survives the loss of any one machine.</param>
/// <param name="Alarms">Conditions an operator must act on (NOSPACE, CORRUPT, …).</param>
/// <param name="Warnings">Conditions an operator should know (version with known bugs, …).</param>
/// <param name="Members">Endpoints or members with leader, latency and version in words.</param>
/// <param name="Detail">For people, when it could not be asked.</param>
public sealed record StoreInfo(
    StoreOutcome Outcome,
    string Kind,
    string Version,
    bool IsReadOnly,
    bool IsClusterDurable,
    IReadOnlyList<string> Alarms,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Members,
    string? Detail);
