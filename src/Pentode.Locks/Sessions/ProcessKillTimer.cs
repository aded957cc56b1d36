using Pentode.Linux;

namespace Pentode.Locks.Sessions;

/// <summary>The kernel's timer; the clock is <see cref="BootClock"/>.</summary>
internal sealed class ProcessKillTimer(KillTimer timer) : IKillTimer
{
    /// <inheritdoc/>
    public void Set(long atMs) => timer.Set(atMs);

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();
}
