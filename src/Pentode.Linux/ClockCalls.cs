using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>Clocks the runtime does not offer.</summary>
public static unsafe partial class ClockCalls
{
    private const int BootTime = 7;

    /// <summary>CLOCK_BOOTTIME in nanoseconds: never set, never stops, goes on while the machine is suspended (clock_gettime(2)).</summary>
    public static long BootTimeNanoseconds()
    {
        var time = stackalloc long[2];
        if (ClockGetTime(BootTime, time) != 0)
            throw new InvalidOperationException("the kernel has no CLOCK_BOOTTIME");
        return (time[0] * 1_000_000_000) + time[1];
    }

    // A reading of shared memory: it cannot block, so the garbage collector need not be told.
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int ClockGetTime(int clock, long* time);
}
