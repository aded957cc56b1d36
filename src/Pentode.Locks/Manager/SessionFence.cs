using Pentode.Locks.Sessions;

namespace Pentode.Locks.Manager;

/// <summary>
/// From its making to its disposal: this process does not outlive the session by more than half of what others wait before they take its locks. Whoever
/// changes something outside under a lock holds one until the last of those changes has ended.
/// </summary>
public sealed class SessionFence : IDisposable
{
    private readonly LockManager _manager;
    private readonly IKillTimer _timer;

    internal SessionFence(LockManager manager, NodeSession session, IKillTimer timer)
    {
        _manager = manager;
        Session = session;
        _timer = timer;
        Extend();
    }

    internal NodeSession Session { get; }

    /// <summary>No more.</summary>
    public void Dispose()
    {
        _manager.Forget(this);
        _timer.Dispose();
    }

    /// <summary>A beat was acknowledged.</summary>
    internal void Extend() => _timer.Set(Session.ValidUntilMs + ((_manager.Options.Timing.DeadMs - _manager.Options.Timing.HoldMs) / 2));
}
