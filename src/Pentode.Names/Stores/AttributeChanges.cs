using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>chmod, chown, utimensat and truncate on files and levels.</summary>
internal static class AttributeChanges
{
    private const uint SetUserId = 0x800;
    private const uint SetGroupId = 0x400;
    private const uint GroupExecute = 0x8;

    /// <summary>See <see cref="ICatalogStore.SetAttributes"/>.</summary>
    public static Result<CatalogInode> Set(CatalogTransaction tx, Credentials? who, long number, AttributeChange change, long? guard, bool isOpen)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        var inode = live.Value;
        if (guard is { } expected && expected != inode.ChangeTime)
            return Errno.EBUSY;
        if (change == default)
            return inode;
        if (change.Size is { } size)
        {
            if (inode.IsDirectory)
                return Errno.EISDIR;
            if (!inode.IsRegular)
                return Errno.EINVAL;
            if (size > (ulong)tx.Options.MaximumContent && size > (ulong)inode.Size)
                return Errno.EFBIG;
        }

        var owned = new Owned(inode.Mode, inode.Uid, inode.Gid, inode.AccessTime, inode.ModifyTime);
        var applied = Apply(who, owned, change, isOpen, tx.Now());
        if (!applied.IsOk)
            return applied.Error;
        var length = (long)(change.Size ?? (ulong)inode.Size);
        if (inode.LinkCount > 0 && tx.CheckQuota(inode.QuotaTree, 0, length - inode.Size) is var error && error != Errno.None)
            return error;

        var stored = inode.StoredBytes;
        if (change.Size is not null)
        {
            stored = ContentChanges.Truncate(tx, number, 0, inode.StoredBytes, inode.Size, length);
            if (inode.LinkCount > 0)
                tx.Count(inode.QuotaTree, 0, length - inode.Size);
        }

        var now = applied.Value;
        var changed = ObjectChanges.Changed(tx, inode) with
        {
            Mode = now.Mode, Uid = now.Uid, Gid = now.Gid, AccessTime = now.AccessTime, ModifyTime = now.ModifyTime, Size = length, StoredBytes = stored,
        };
        tx.Update(changed);
        if (inode.IsRegular && (changed.Mode != inode.Mode || changed.Uid != inode.Uid || changed.Gid != inode.Gid))
            KeepLevelsInStep(tx, changed);
        tx.Emit(CatalogEventKind.Attributes, inode, who, System.Text.Encoding.ASCII.GetBytes(Words(change)));
        return changed;
    }

    /// <summary>See <see cref="ICatalogContent.SetLevelAttributes"/>.</summary>
    public static Result<CatalogLevel> SetLevel(CatalogTransaction tx, Credentials? who, long number, int level, AttributeChange change, bool isOpen)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        if (ContentQueries.Level(tx, number, level) is not { } row)
            return Errno.ENOENT;
        if (change == default)
            return row;
        if (change.Size > (ulong)tx.Options.MaximumContent)
            return Errno.EFBIG;
        var applied = Apply(who, new Owned(row.Mode | 0x8000, row.Uid, row.Gid, row.AccessTime, row.ModifyTime), change, isOpen, tx.Now());
        if (!applied.IsOk)
            return applied.Error;
        var length = (long)(change.Size ?? (ulong)row.Size);
        if (change.Size is not null)
            ContentChanges.Truncate(tx, number, level, row.Size, row.Size, length);
        var now = applied.Value;
        var changed = row with
        {
            Mode = now.Mode & 0xFFF, Uid = now.Uid, Gid = now.Gid, AccessTime = now.AccessTime, ModifyTime = now.ModifyTime, Size = length,
            ChangeTime = Math.Max(tx.Now(), row.ChangeTime + 1),
        };
        ContentChanges.SaveLevel(tx, number, changed);
        tx.Emit(CatalogEventKind.Content, live.Value, who, [(byte)('0' + level)]);
        return changed;
    }

    private static Result<Owned> Apply(Credentials? who, Owned file, AttributeChange change, bool isOpen, long now)
    {
        var isOwner = Access.IsOwner(who, file.Uid);
        var isRoot = who is null || who.Uid == 0;
        var mode = file.Mode;
        var isDirectory = (mode & 0xF000) == 0x4000;
        if (change.Uid is { } uid && !isRoot && !(isOwner && uid == file.Uid))
            return Errno.EPERM;
        if (change.Gid is { } gid && !isRoot && !(isOwner && (gid == file.Gid || who!.IsInGroup(gid))))
            return Errno.EPERM;
        if (change.Mode is not null && !isOwner)
            return Errno.EPERM;
        var isWriter = isOwner || isOpen || Access.Check(who, file.Mode, file.Uid, file.Gid, Access.Write) == Errno.None;
        foreach (var (isSet, time) in ((bool, FileTime?)[])[(change.SetAccessTime, change.AccessTime), (change.SetModifyTime, change.ModifyTime)])
        {
            if (isSet && time is not null && !isOwner)
                return Errno.EPERM;
            if (isSet && !isWriter)
                return Errno.EACCES;
        }

        if (change.Size is not null && !isOpen && Access.Check(who, file.Mode, file.Uid, file.Gid, Access.Write) != Errno.None)
            return Errno.EACCES;

        var isOwnerChange = change.Uid is not null || change.Gid is not null;
        if (!isDirectory && (isOwnerChange || (change.Size is not null && !isRoot)))
            mode = WithoutPrivilege(mode);
        var newGid = change.Gid ?? file.Gid;
        if (change.Mode is { } asked)
        {
            mode = (mode & 0xF000) | (asked & 0xFFF);
            if (!isRoot && !who!.IsInGroup(newGid))
                mode &= ~SetGroupId;
        }

        var modify = change.SetModifyTime ? Nanoseconds(change.ModifyTime, now) : change.Size is not null ? now : file.ModifyTime;
        return new Owned(mode, change.Uid ?? file.Uid, newGid, change.SetAccessTime ? Nanoseconds(change.AccessTime, now) : file.AccessTime, modify);
    }

    /// <summary>Without set-user-ID, and without set-group-ID where that is not mandatory locking.</summary>
    public static uint WithoutPrivilege(uint mode) => (mode & GroupExecute) != 0 ? mode & ~(SetUserId | SetGroupId) : mode & ~SetUserId;

    private static long Nanoseconds(FileTime? time, long now) => time is { } t ? checked((Math.Clamp(t.Seconds, -9_000_000_000, 9_000_000_000) * 1_000_000_000) + t.Nanoseconds) : now;

    private static void KeepLevelsInStep(CatalogTransaction tx, CatalogInode inode)
    {
        for (var level = 1; level <= CatalogLimits.Level; level++)
        {
            if ((tx.Shared.LevelsInStep & (1 << level)) != 0)
            {
                tx.Change("UPDATE level SET mode = $3, uid = $4, gid = $5 WHERE ino = $1 AND lvl = $2")
                    .Add(inode.Number).Add(level).Add(inode.Mode & 0xFFF).Add(inode.Uid).Add(inode.Gid).Queue();
            }
        }
    }

    private static string Words(AttributeChange change)
    {
        var words = new List<string>(4);
        if (change.Mode is not null)
            words.Add("mode");
        if (change.Uid is not null || change.Gid is not null)
            words.Add("owner");
        if (change.Size is not null)
            words.Add("size");
        if (change.SetAccessTime || change.SetModifyTime)
            words.Add("times");
        return string.Join(' ', words);
    }

    private readonly record struct Owned(uint Mode, uint Uid, uint Gid, long AccessTime, long ModifyTime);
}
