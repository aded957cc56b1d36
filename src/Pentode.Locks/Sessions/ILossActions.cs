namespace Pentode.Locks.Sessions;

/// <summary>The acting part of the policies on loss.</summary>
public interface ILossActions
{
    /// <summary>Sends a signal to a process that used a lock, unless the process that has that number now is another one.</summary>
    void Signal(int processId, long processStart, int signal);

    /// <summary>Start time of a process, to tell it from a later one with its number; 0 when it cannot be told.</summary>
    long StartOf(int processId);

    /// <summary>A beat was acknowledged and a domain asks for the watchdog.</summary>
    void RefreshWatchdog();

    /// <summary>No domain needs the watchdog any more: an orderly end.</summary>
    void DisarmWatchdog();

    /// <summary>A timer that kills this process in time, even one that does not run; null where that is not wanted or not to be had.</summary>
    IKillTimer? MakeKillTimer();

    /// <summary>Resets the machine at once.</summary>
    void Reset();
}
