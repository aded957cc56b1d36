using Pentode.Core.Diagnostics;

namespace Pentode.Fuse;

/// <summary>How one tree is shown through FUSE. The defaults suit a directory that others may change as well.</summary>
public sealed record FuseOptions
{
    /// <summary>What df(1) and findmnt(8) show as the source.</summary>
    public string Source { get; init; } = "pentode";

    /// <summary>Other users than the one who mounts may enter.</summary>
    public bool AllowOther { get; init; }

    /// <summary>The kernel checks permissions by mode, owner and group, before the tree is asked.</summary>
    public bool DefaultPermissions { get; init; }

    /// <summary>The mount refuses changes.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>How long the kernel may believe a name.</summary>
    public TimeSpan EntryTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the kernel may believe that a name does not exist; zero: not at all.</summary>
    public TimeSpan NegativeTimeout { get; init; }

    /// <summary>How long the kernel may believe attributes.</summary>
    public TimeSpan AttributeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads and writes pass the page cache.</summary>
    public bool DirectIo { get; init; }

    /// <summary>What the page cache has of a file stays when it is opened again, unless size or modify time changed.</summary>
    public bool KeepCache { get; init; } = true;

    /// <summary>flock(2) and fcntl(2) locks are the tree's; else they are the kernel's and known to this mount only.</summary>
    public bool RemoteLocks { get; init; } = true;

    /// <summary>
    /// Opens of the tree may wait: creating and opening are two steps (FUSE_CREATE is refused), else the kernel would lock the whole
    /// directory for as long as the open waits.
    /// </summary>
    public bool OpenMayWait { get; init; }

    /// <summary>The tree looks at supplementary groups; they are read from /proc and remembered for <see cref="GroupsLifetime"/>.</summary>
    public bool UsesGroups { get; init; } = true;

    /// <summary>How long the supplementary groups of a process are remembered.</summary>
    public TimeSpan GroupsLifetime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests that may wait in the tree at a time; ENOMEM beyond.</summary>
    public int MaxWaiting { get; init; } = 65536;

    /// <summary>Bytes of writes that may be under way; no further request is read beyond.</summary>
    public long MaxHeldBytes { get; init; } = 64 << 20;

    /// <summary>Log.</summary>
    public ILog Log { get; init; } = NullLog.Instance;
}
