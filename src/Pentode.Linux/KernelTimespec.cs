using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>struct __kernel_timespec, which is also struct timespec of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KernelTimespec
{
    /// <summary>UTIME_NOW, in the place of nanoseconds.</summary>
    public const long Now = (1 << 30) - 1;

    /// <summary>UTIME_OMIT, in the place of nanoseconds.</summary>
    public const long Omit = (1 << 30) - 2;

    /// <summary>Seconds.</summary>
    public long Seconds;

    /// <summary>Nanoseconds below one second; for times of files also <see cref="Now"/> or <see cref="Omit"/>.</summary>
    public long Nanoseconds;
}
