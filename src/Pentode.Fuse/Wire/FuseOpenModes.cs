namespace Pentode.Fuse.Wire;

/// <summary>How the kernel treats an open file: FOPEN bits of linux/fuse.h.</summary>
[Flags]
public enum FuseOpenModes : uint
{
    /// <summary>Through the page cache, emptied by this open.</summary>
    None = 0,

    /// <summary>FOPEN_DIRECT_IO: past the page cache.</summary>
    DirectIo = 1 << 0,

    /// <summary>FOPEN_KEEP_CACHE: what is cached stays.</summary>
    KeepCache = 1 << 1,

    /// <summary>FOPEN_NOFLUSH: no FUSE_FLUSH at close.</summary>
    NoFlush = 1 << 5,

    /// <summary>FOPEN_PARALLEL_DIRECT_WRITES.</summary>
    ParallelDirectWrites = 1 << 6,
}
