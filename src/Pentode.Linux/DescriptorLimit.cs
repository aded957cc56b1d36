using System.Runtime.InteropServices;
using Pentode.Linux.Tree;

namespace Pentode.Linux;

/// <summary>How many descriptors this process may still open.</summary>
public static unsafe class DescriptorLimit
{
    private const int OpenFiles = 7;

    /// <summary>RLIMIT_NOFILE less what is open now; at least 0.</summary>
    public static int Left()
    {
        var limits = stackalloc ulong[2];
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 261 : 302;
        var limit = TreeNative.Syscall(number, 0, OpenFiles, 0, (long)limits, 0) == 0 ? (long)Math.Min(limits[0], int.MaxValue) : 1024;
        return (int)Math.Max(0, limit - Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount());
    }
}
