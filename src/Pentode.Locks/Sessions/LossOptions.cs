namespace Pentode.Locks.Sessions;

/// <summary>What the policies on loss may use.</summary>
/// <param name="WatchdogPath">The watchdog device, usually <c>/dev/watchdog</c>; null when no domain may use one.</param>
/// <param name="WatchdogTimeoutSeconds">Its time-out; not above dead_ms − hold_ms, so that the machine is reset before others take its locks.</param>
/// <param name="ResetPath">File that resets the machine when <c>b</c> is written to it, usually <c>/proc/sysrq-trigger</c>; null when no domain may reset it.</param>
/// <param name="KillsStalled">This process may be killed when it would go on with changes to a guarded export though its session is over.</param>
public sealed record LossOptions(string? WatchdogPath = null, int WatchdogTimeoutSeconds = 5, string? ResetPath = null, bool KillsStalled = false);
