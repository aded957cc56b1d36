using Pentode.Locks.Sessions;

namespace Pentode.Locks.Manager;

/// <summary>Who this node is and how it keeps time.</summary>
/// <param name="Cluster">Name of the cluster: nodes of different names never meet, even in one store.</param>
/// <param name="Node">Name of this node, unique in the cluster at any time.</param>
/// <param name="Timing">Times all nodes agree on.</param>
/// <param name="KillGraceMs">How long before loss the policies of the domains act; below hold_ms.</param>
/// <param name="ResendMs">How often a waiter reads the record again and repeats its recall, in case a hint was lost.</param>
/// <param name="Address">Where this node can be reached, for listings.</param>
/// <param name="BootId">Which run of which machine and state directory this is: two daemons that say the same cannot live at one time (<see cref="StateDirectory.Identity"/>); null takes the run of the machine.</param>
/// <param name="RandomSeed">Seed of session ids and jitter; null takes one from the system.</param>
/// <param name="DeadlockAfterMs">How long a request waits before deadlocks are looked for; 0 never does.</param>
public sealed record LockManagerOptions(
    string Cluster,
    string Node,
    SessionTiming Timing,
    int KillGraceMs = 2000,
    int ResendMs = 1000,
    string Address = "",
    string? BootId = null,
    int? RandomSeed = null,
    int DeadlockAfterMs = 1000)
{
    /// <summary>Leaves the upgrade rule out, so that the proofs show they notice. Never in a product.</summary>
    internal bool OmitUpgradeRule { get; init; }
}
