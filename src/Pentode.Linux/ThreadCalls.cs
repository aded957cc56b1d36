using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>Scheduling of the calling thread.</summary>
public static unsafe partial class ThreadCalls
{
    private const int MaskWords = 16;
    private const int SetTimerSlack = 29;

    /// <summary>Keeps the calling thread on one processor; 0 or a negative errno.</summary>
    public static int PinToProcessor(int processor)
    {
        if (processor is < 0 or >= MaskWords * 64)
            return -22;
        var mask = stackalloc ulong[MaskWords];
        for (var i = 0; i < MaskWords; i++)
            mask[i] = 0;
        mask[processor / 64] = 1UL << (processor % 64);
        return SetAffinity(0, MaskWords * 8, mask) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Lets timed waits of the calling thread end on time instead of up to 50 µs late (prctl(2) PR_SET_TIMERSLACK).</summary>
    public static void SetExactTimers() => _ = Prctl(SetTimerSlack, 1, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint length, void* mask);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, ulong second, ulong third, ulong fourth, ulong fifth);
}
