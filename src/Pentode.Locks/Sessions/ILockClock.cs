namespace Pentode.Locks.Sessions;

/// <summary>Time as the lock engine sees it. Only differences mean something; the clock goes on while the machine is suspended and is never set.</summary>
public interface ILockClock
{
    /// <summary>Milliseconds since some fixed moment.</summary>
    long NowMs { get; }

    /// <summary>Calls once, not before <paramref name="delayMs"/> have passed and perhaps later; never from inside this call. Disposing forgets it, if it has not begun.</summary>
    IDisposable Schedule(long delayMs, Action action);
}
