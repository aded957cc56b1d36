namespace Pentode.Locks.Sessions;

/// <summary>The wait of one background loop between two rounds, on the injected clock, ended early by <see cref="Wake"/>. One waiter at a time.</summary>
internal sealed class Pacer(ILockClock clock)
{
    private TaskCompletionSource? _current;
    private bool _isWoken;
    private bool _isStopped;

    private readonly Lock _gate = new();

    internal bool IsStopped
    {
        get
        {
            lock (_gate)
                return _isStopped;
        }
    }

    internal async ValueTask WaitAsync(long delayMs)
    {
        // The continuation runs where the clock calls: the loop hops to no other thread, which keeps simulated time exact.
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (_isStopped || _isWoken)
            {
                _isWoken = false;
                return;
            }

            waiting = _current = new TaskCompletionSource();
        }

        using var timer = clock.Schedule(delayMs, () => End(waiting));
        await waiting.Task.ConfigureAwait(false);
    }

    /// <summary>Ends the wait of now, or the next one when none is going on. Not to be called inside a lock.</summary>
    internal void Wake()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            waiting = _current;
            _current = null;
            _isWoken = waiting is null;
        }

        waiting?.TrySetResult();
    }

    internal void Stop()
    {
        lock (_gate)
            _isStopped = true;
        Wake();
    }

    private void End(TaskCompletionSource waiting)
    {
        lock (_gate)
        {
            if (_current != waiting)
                return;
            _current = null;
        }

        waiting.TrySetResult();
    }
}
