namespace Pentode.Locks.Manager;

/// <summary>What is done to those who use locks of a domain when the node is about to lose its session.</summary>
public enum LossPolicy
{
    /// <summary>Nothing: reads and writes of the lock answer ESTALE and poll tells.</summary>
    None,

    /// <summary>A signal to each opener, before the locks are lost.</summary>
    Signal,

    /// <summary>SIGTERM, then SIGKILL before the locks are lost.</summary>
    Kill,

    /// <summary>A watchdog device is refreshed only by acknowledged beats: the machine is reset in time even when the daemon hangs.</summary>
    Watchdog,

    /// <summary>The machine is reset when a lock in use is lost.</summary>
    Reset,
}
