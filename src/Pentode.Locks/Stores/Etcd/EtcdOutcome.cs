namespace Pentode.Locks.Stores.Etcd;

/// <summary>What is known about the effect of a call.</summary>
internal enum EtcdOutcome
{
    /// <summary>It was answered: the effect is what the answer says.</summary>
    Answered,

    /// <summary>It had no effect and never will.</summary>
    NotApplied,

    /// <summary>A write may have taken effect, or may yet: only a linearizable read afterwards tells, and only once the call can no longer be under way.</summary>
    Unknown,
}
