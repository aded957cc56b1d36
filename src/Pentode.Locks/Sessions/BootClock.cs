using Pentode.Linux;

namespace Pentode.Locks.Sessions;

/// <summary>CLOCK_BOOTTIME. Timers of the runtime stand still in suspend and then fire late: whoever is called looks at <see cref="NowMs"/> again.</summary>
public sealed class BootClock : ILockClock
{
    private BootClock()
    {
    }

    /// <summary>The only one.</summary>
    public static BootClock Instance { get; } = new();

    /// <inheritdoc/>
    public long NowMs => ClockCalls.BootTimeNanoseconds() / 1_000_000;

    /// <inheritdoc/>
    public IDisposable Schedule(long delayMs, Action action) =>
        new Timer(static state => ((Action)state!)(), action, Math.Clamp(delayMs, 0, int.MaxValue), Timeout.Infinite);
}
