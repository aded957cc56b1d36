using Pentode.Core;

namespace Pentode.Names.Catalog;

/// <summary>POSIX permission rules on rows: pure functions. User 0 may everything, but execute only what somebody may execute. A null caller is the daemon.</summary>
public static class Access
{
    /// <summary>Read (R_OK).</summary>
    public const uint Read = 4;

    /// <summary>Write (W_OK).</summary>
    public const uint Write = 2;

    /// <summary>Search or execute (X_OK).</summary>
    public const uint Search = 1;

    /// <summary>EACCES unless all of <paramref name="wanted"/> is allowed.</summary>
    public static Errno Check(Credentials? who, CatalogInode inode, uint wanted) => Check(who, inode.Mode, inode.Uid, inode.Gid, wanted);

    /// <summary>As the other, on bare attributes (levels, tags).</summary>
    public static Errno Check(Credentials? who, uint mode, uint uid, uint gid, uint wanted) =>
        (Allowed(who, mode, uid, gid) & wanted) == wanted ? Errno.None : Errno.EACCES;

    /// <summary>Which of <see cref="Read"/>, <see cref="Write"/> and <see cref="Search"/> are allowed.</summary>
    public static uint Allowed(Credentials? who, uint mode, uint uid, uint gid)
    {
        if (who is null)
            return 7;
        if (who.Uid == 0)
            return (mode & 0xF000) == 0x4000 || (mode & 0x49) != 0 ? 7u : 6u;
        var shift = who.Uid == uid ? 6 : who.IsInGroup(gid) ? 3 : 0;
        return (mode >> shift) & 7;
    }

    /// <summary>True when the caller is the owner, user 0 or the daemon.</summary>
    public static bool IsOwner(Credentials? who, uint uid) => who is null || who.Uid == 0 || who.Uid == uid;

    /// <summary>True when a sticky directory keeps the caller from removing or moving that entry.</summary>
    public static bool IsKeptBySticky(Credentials? who, CatalogInode directory, CatalogInode entry) =>
        (directory.Mode & 0x200) != 0 && !IsOwner(who, entry.Uid) && !IsOwner(who, directory.Uid);
}
