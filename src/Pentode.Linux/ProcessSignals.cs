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

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
