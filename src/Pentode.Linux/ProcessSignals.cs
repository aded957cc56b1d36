using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>Signals of this process.</summary>
public static partial class ProcessSignals
{
    /// <summary>Gives a signal its default action back and sends it to this process: the parent sees death by that signal.</summary>
    public static void Die(int signal)
    {
        _ = SetHandler(signal, 0);
        _ = Kill(Environment.ProcessId, signal);
    }

    /// <summary>
    /// A write beyond the limit of a file's size (RLIMIT_FSIZE) ends with EFBIG alone: without this a client could end the whole process by one.
    /// </summary>
    public static void IgnoreFileSize()
    {
        const int fileSize = 25;
        const nint ignore = 1;
        _ = SetHandler(fileSize, ignore);
    }

    /// <summary>Sends a signal to one process, 0 only asks whether it is there; 0 or a negative errno (kill(2)).</summary>
    public static int Send(int process, int signal) =>
        process > 0 ? (Kill(process, signal) == 0 ? 0 : -Marshal.GetLastPInvokeError()) : -(int)Pentode.Core.Errno.EINVAL;

    /// <summary>Leaves the terminal and its signals (setsid(2)); a process that leads its group already stays.</summary>
    public static void LeaveTerminal() => _ = SetSession();

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
