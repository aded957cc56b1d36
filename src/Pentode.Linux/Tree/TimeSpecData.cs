using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>struct timespec of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TimeSpecData
{
    /// <summary>UTIME_NOW.</summary>
    public const long Now = (1 << 30) - 1;

    /// <summary>UTIME_OMIT.</summary>
    public const long Omit = (1 << 30) - 2;

    /// <summary>tv_sec.</summary>
    public long Seconds;

    /// <summary>tv_nsec, <see cref="Now"/> or <see cref="Omit"/>.</summary>
    public long Nanoseconds;
}
