using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct __kernel_timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KernelTimespec
{
    /// <summary>Seconds.</summary>
    public long Seconds;

    /// <summary>Nanoseconds below one second.</summary>
    public long Nanoseconds;
}
