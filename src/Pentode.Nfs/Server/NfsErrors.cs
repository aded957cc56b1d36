using Pentode.Core;

namespace Pentode.Nfs.Server;

/// <summary>Outcomes that errno(3) has no number for; the numbers are those of the Linux kernel (linux/errno.h).</summary>
internal static class NfsErrors
{
    /// <summary>A handle this server never made.</summary>
    public const Errno BadHandle = (Errno)521;

    /// <summary>The guard of a SETATTR does not hold.</summary>
    public const Errno NotSync = (Errno)522;

    /// <summary>A directory cookie that was never given out.</summary>
    public const Errno BadCookie = (Errno)523;

    /// <summary>Not even one entry fits.</summary>
    public const Errno TooSmall = (Errno)525;

    /// <summary>A type MKNOD does not make.</summary>
    public const Errno BadType = (Errno)527;

    /// <summary>The arguments do not parse.</summary>
    public const Errno Garbage = (Errno)10_001;
}
