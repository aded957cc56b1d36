namespace Pentode.Fuse.Wire;

/// <summary>What kernel and server can do: the flags of FUSE_INIT that are used here (linux/fuse.h).</summary>
[Flags]
public enum FuseInitFeatures : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>FUSE_ASYNC_READ: several reads of a file at a time.</summary>
    AsyncRead = 1 << 0,

    /// <summary>FUSE_POSIX_LOCKS: record locks are the server's.</summary>
    PosixLocks = 1 << 1,

    /// <summary>FUSE_BIG_WRITES: writes longer than a page.</summary>
    BigWrites = 1 << 5,

    /// <summary>FUSE_FLOCK_LOCKS: flock(2) is the server's.</summary>
    FlockLocks = 1 << 10,

    /// <summary>FUSE_AUTO_INVAL_DATA: cached pages go when size or modify time changed.</summary>
    AutoInvalidateData = 1 << 12,

    /// <summary>FUSE_DO_READDIRPLUS.</summary>
    ReaddirPlus = 1 << 13,

    /// <summary>FUSE_READDIRPLUS_AUTO: only where it seems to pay.</summary>
    ReaddirPlusAuto = 1 << 14,

    /// <summary>FUSE_ASYNC_DIO: several direct requests of a file at a time.</summary>
    AsyncDirectIo = 1 << 15,

    /// <summary>FUSE_PARALLEL_DIROPS: lookups and listings of one directory at a time.</summary>
    ParallelDirectoryOperations = 1 << 18,

    /// <summary>FUSE_MAX_PAGES: requests longer than 32 pages.</summary>
    MaxPages = 1 << 22,

    /// <summary>FUSE_CACHE_SYMLINKS.</summary>
    CacheSymlinks = 1 << 23,
}
