using System.Runtime.InteropServices;

namespace Pentode.Tests.Rings.V2;

/// <summary>pidfd_open(2), which only these tests need.</summary>
internal static partial class PidFd
{
    private const long PidfdOpen = 434;

    public static int Open(int pid) => (int)Syscall(PidfdOpen, pid, 0);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long pid, long flags);
}
