using Pentode.Core;

namespace Pentode.Rings.Server;

/// <summary>
/// A read of a file that gives up rather than sleep, by RWF_NOWAIT. Without it the kernel means not to sleep either when io_uring submits, yet starts
/// reading ahead, and for that waits until nobody changes the length of the file, which whoever has it may do all the time.
/// </summary>
internal static class HastyRead
{
    public const uint NoWait = 8;

    private static readonly ulong s_pageMask = (ulong)Environment.SystemPageSize - 1;

    /// <summary>True when the result says that a thread of the kernel must do it once more, where it may sleep.</summary>
    /// <param name="result">Of the kernel.</param>
    /// <param name="offset">Where in the file it began.</param>
    /// <param name="wanted">Bytes asked for.</param>
    public static bool IsUnfinished(int result, ulong offset, long wanted)
    {
        // It gives up between pages; what ends inside one ends where the file does.
        if (result >= 0)
            return result < wanted && ((offset + (ulong)result) & s_pageMask) == 0;
        return result is -(int)Errno.EAGAIN or -(int)Errno.EOPNOTSUPP;
    }
}
