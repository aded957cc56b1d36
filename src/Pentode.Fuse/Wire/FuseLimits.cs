namespace Pentode.Fuse.Wire;

/// <summary>Constants of the protocol and limits of this implementation.</summary>
public static class FuseLimits
{
    /// <summary>Protocol spoken.</summary>
    public const uint Major = 7;

    /// <summary>Revision spoken.</summary>
    public const uint Minor = 38;

    /// <summary>Oldest revision of the kernel that is served (Linux 5.4).</summary>
    public const uint OldestMinor = 31;

    /// <summary>Node of the root.</summary>
    public const ulong RootNode = 1;

    /// <summary>Pages of one request: one less than a power of two, so that header and data together fit a buffer of 1 MiB.</summary>
    public const int MaxPages = 255;

    /// <summary>Bytes of a page as the protocol counts them.</summary>
    public const int PageSize = 4096;

    /// <summary>Longest write and read in bytes.</summary>
    public const int MaxTransfer = MaxPages * PageSize;

    /// <summary>Buffer a request is read into: the kernel refuses a shorter one.</summary>
    public const int RequestBuffer = MaxTransfer + PageSize;

    /// <summary>Bytes to which entries of a directory are aligned.</summary>
    public const int EntryAlignment = 8;

    /// <summary>End of the file in a lock.</summary>
    public const ulong LockToEnd = long.MaxValue;

    /// <summary>Bit of <c>getattr_flags</c>: the handle is set.</summary>
    public const uint GetattrHandle = 1;

    /// <summary>Bit of <c>release_flags</c>: flock(2) of the owner ends.</summary>
    public const uint ReleaseFlockUnlock = 2;

    /// <summary>Bit of <c>lk_flags</c>: flock(2).</summary>
    public const uint LockIsFlock = 1;

    /// <summary>Bit of the flags of a poll: a notification is wanted.</summary>
    public const uint PollScheduleNotify = 1;

    /// <summary>Bit of <c>fsync_flags</c>: fdatasync(2).</summary>
    public const uint FsyncDataOnly = 1;

    /// <summary>Code of the notification that readiness changed.</summary>
    public const int NotifyPoll = 1;

    /// <summary>Code of the notification that attributes or pages no longer hold.</summary>
    public const int NotifyInvalidateInode = 2;
}
