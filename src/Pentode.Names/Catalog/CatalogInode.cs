namespace Pentode.Names.Catalog;

/// <summary>One object of the catalog as of one moment. Immutable. Times are nanoseconds since 1970 UTC.</summary>
public sealed record CatalogInode
{
    /// <summary>Number of the root directory.</summary>
    public const long RootNumber = 1;

    /// <summary>Number of <c>lost+found</c>.</summary>
    public const long LostAndFoundNumber = 2;

    /// <summary>First number given to users' objects.</summary>
    public const long FirstNumber = 16;

    /// <summary>Number: never used again for another object.</summary>
    public required long Number { get; init; }

    /// <summary>External id.</summary>
    public required CatalogPid Pid { get; init; }

    /// <summary>S_IFMT bits and permission bits.</summary>
    public required uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Hard links; a directory counts itself, its entry and its subdirectories. 0: removed, kept open or in the trash.</summary>
    public long LinkCount { get; init; }

    /// <summary>Recorded size in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Bytes of level 0 kept in the store.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Device number: major in the high, minor in the low 32 bits.</summary>
    public ulong Device { get; init; }

    /// <summary>The "I/O enabled" flag.</summary>
    public bool IsIoEnabled { get; init; }

    /// <summary>Where the data is.</summary>
    public CatalogState State { get; init; }

    /// <summary>Last access.</summary>
    public long AccessTime { get; init; }

    /// <summary>Last change of content.</summary>
    public long ModifyTime { get; init; }

    /// <summary>Last change of anything: grows strictly.</summary>
    public long ChangeTime { get; init; }

    /// <summary>Creation.</summary>
    public long BirthTime { get; init; }

    /// <summary>Change counter: grows strictly.</summary>
    public long Change { get; init; }

    /// <summary>Directories: where tags are inherited from (0: nowhere).</summary>
    public long TagDirectory { get; init; }

    /// <summary>Directories: primary tags ever made here.</summary>
    public long TagGeneration { get; init; }

    /// <summary>Directories: <see cref="TagGeneration"/> of <see cref="TagDirectory"/> when this one was made.</summary>
    public long TagsSeen { get; init; }

    /// <summary>Directory that holds the quota this object counts against; 0 none.</summary>
    public long QuotaTree { get; init; }

    /// <summary>Verifier of an exclusive create.</summary>
    public ulong? Verifier { get; init; }

    /// <summary>Access latency: 0 unset, 1 ONLINE, 2 NEARLINE.</summary>
    public int AccessLatency { get; init; }

    /// <summary>Retention policy: 0 unset, 1 REPLICA, 2 OUTPUT, 3 CUSTODIAL.</summary>
    public int RetentionPolicy { get; init; }

    /// <summary>Target of a symbolic link; null otherwise.</summary>
    public byte[]? Target { get; init; }

    /// <summary>S_IFDIR.</summary>
    public bool IsDirectory => (Mode & 0xF000) == 0x4000;

    /// <summary>S_IFREG.</summary>
    public bool IsRegular => (Mode & 0xF000) == 0x8000;

    /// <summary>S_IFLNK.</summary>
    public bool IsSymbolicLink => (Mode & 0xF000) == 0xA000;
}
