using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>
/// A timer of the kernel that kills this process (SIGKILL) at a moment of CLOCK_BOOTTIME, unless it is moved or disposed before: also a process that is stopped,
/// frozen or starved of CPU at that moment, whose threads then never leave the place they are at (timer_create(2)). Thread safe.
/// </summary>
public sealed unsafe partial class KillTimer : IDisposable
{
    private const int BootTime = 7;
    private const int Kill = 9;
    private const int NotifyBySignal = 0;
    private const int AbsoluteTime = 1;
    private const int EventBytes = 64;

    private readonly Lock _gate = new();
    private nint _timer;
    private bool _isThere;

    private KillTimer(nint timer)
    {
        _timer = timer;
        _isThere = true;
    }

    /// <summary>A timer that is not set; null and a negative errno when the kernel refuses one.</summary>
    public static (KillTimer? Timer, int Error) Create()
    {
        // struct sigevent: value[8] signal[4] notify[4], the rest is unused here.
        var how = stackalloc byte[EventBytes];
        new Span<byte>(how, EventBytes).Clear();
        ((int*)how)[2] = Kill;
        ((int*)how)[3] = NotifyBySignal;
        nint timer = 0;
        return TimerCreate(BootTime, how, &timer) == 0 ? (new KillTimer(timer), 0) : (null, -Marshal.GetLastPInvokeError());
    }

    /// <summary>Kills at that moment instead of any named before; nothing once disposed.</summary>
    public void Set(long bootTimeMs)
    {
        lock (_gate)
        {
            if (!_isThere)
                return;
            // struct itimerspec: interval, value; each in seconds and nanoseconds. A value of zero would unset it.
            var times = stackalloc long[4];
            times[0] = times[1] = 0;
            times[2] = bootTimeMs / 1000;
            times[3] = Math.Max(1, bootTimeMs % 1000 * 1_000_000);
            _ = TimerSetTime(_timer, AbsoluteTime, times, null);
        }
    }

    /// <summary>Kills no more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isThere)
                _ = TimerDelete(_timer);
            _isThere = false;
            _timer = 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "timer_create", SetLastError = true)]
    private static partial int TimerCreate(int clock, byte* how, nint* timer);

    [LibraryImport("libc", EntryPoint = "timer_settime", SetLastError = true)]
    private static partial int TimerSetTime(nint timer, int flags, long* times, long* old);

    [LibraryImport("libc", EntryPoint = "timer_delete", SetLastError = true)]
    private static partial int TimerDelete(nint timer);
}
