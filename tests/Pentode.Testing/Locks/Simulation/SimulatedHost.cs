using Pentode.Locks.Sessions;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>
/// One life of one machine: its clock with a rate and an offset of its own, its pauses, and its end. What is scheduled on it happens late while it
/// is paused (its clock goes on) and never once it is dead.
/// </summary>
public sealed class SimulatedHost(SimulatedWorld world, double rate, long offsetMs) : ILockClock
{
    private const int MostTimerLatenessUs = 2000;

    /// <summary>False once killed.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>When the last pause ends or ended.</summary>
    public long PausedUntilUs { get; private set; }

    /// <summary>Until when nothing it sends arrives and nothing comes back.</summary>
    public long CutOffUntilUs { get; set; }

    /// <summary>The world.</summary>
    public SimulatedWorld World { get; } = world;

    /// <inheritdoc/>
    public long NowMs => offsetMs + (long)(World.NowUs * rate / 1000);

    /// <summary>World time at which this clock shows a time.</summary>
    public long WorldUsOf(long localMs) => (long)((localMs - offsetMs) * 1000 / rate);

    /// <inheritdoc/>
    public IDisposable Schedule(long delayMs, Action action)
    {
        var timer = new Timer();
        On(World.NowUs + (long)(delayMs * 1000 / rate) + 1000 + World.Between(0, MostTimerLatenessUs), () =>
        {
            if (!timer.IsDisposed)
                action();
        });
        return timer;
    }

    /// <summary>Lets something happen on this machine at a world time, or when its pause is over.</summary>
    public void On(long dueUs, Action action) => World.At(dueUs, () =>
    {
        if (!IsAlive)
            return;
        if (World.NowUs < PausedUntilUs)
            On(PausedUntilUs, action);
        else
            action();
    });

    /// <summary>Stops everything on it for a while.</summary>
    public void Pause(long lengthUs) => PausedUntilUs = Math.Max(PausedUntilUs, World.NowUs + lengthUs);

    /// <summary>Ends it: nothing scheduled on it happens any more.</summary>
    public void Kill() => IsAlive = false;

    private sealed class Timer : IDisposable
    {
        internal bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
