namespace Pentode.Names.Catalog;

/// <summary>What <see cref="ICatalogStore.Create"/> makes.</summary>
public readonly record struct NewObject
{
    /// <summary>S_IFMT bits (S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK) and permission bits, not masked.</summary>
    public required uint Mode { get; init; }

    /// <summary>Owner; null: the caller.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group; null: the directory's when that is set-group-ID, else the caller's.</summary>
    public uint? Gid { get; init; }

    /// <summary>Device number: major in the high, minor in the low 32 bits.</summary>
    public ulong Device { get; init; }

    /// <summary>Target of a symbolic link, 1 to 4095 bytes.</summary>
    public ReadOnlyMemory<byte> Target { get; init; }

    /// <summary>Exclusive create: an object of that name made with the same verifier is success, any other EEXIST.</summary>
    public ulong? Verifier { get; init; }
}
