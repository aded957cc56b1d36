using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Making, linking and removing objects.</summary>
internal static class ObjectChanges
{
    private const uint TypeMask = 0xF000;
    private const uint Directory = 0x4000;
    private const uint Regular = 0x8000;
    private const uint Link = 0xA000;
    private const uint SetGroupId = 0x400;
    private const uint GroupExecute = 0x8;

    /// <summary>See <see cref="ICatalogStore.Create"/>.</summary>
    public static Result<CatalogInode> Create(CatalogTransaction tx, Credentials? who, long parentNumber, byte[] name, NewObject what)
    {
        var found = Parent(tx, who, parentNumber);
        if (!found.IsOk)
            return found.Error;
        var parent = found.Value;
        if (tx.Entry(parentNumber, name) is { } existing)
            return what.Verifier is { } verifier && tx.Inode(existing.Child) is { } there && there.Verifier == verifier ? there : Errno.EEXIST;
        var type = what.Mode & TypeMask;
        if (type is 0x2000 or 0x6000 && who is { Uid: not 0 })
            return Errno.EPERM;
        if (Access.Check(who, parent, Access.Write) is var error && error != Errno.None)
            return error;
        var isDirectory = type == Directory;
        if (isDirectory && parent.LinkCount >= CatalogLimits.Links)
            return Errno.EMLINK;
        error = tx.CheckQuota(parent.QuotaTree, 1, 0);
        if (error != Errno.None)
            return error;
        var inode = NewInode(tx, who, parent, what);
        tx.Insert(inode);
        tx.InsertEntry(parentNumber, name, new CatalogLink(inode.Number, tx.NextNumber()));
        Touch(tx, parent, isDirectory ? 1 : 0);
        tx.Count(parent.QuotaTree, 1, 0);
        tx.Emit(CatalogEventKind.Created, inode, parent.Pid, name, who);
        return inode;
    }

    /// <summary>See <see cref="ICatalogStore.Link"/>.</summary>
    public static Result<CatalogInode> AddLink(CatalogTransaction tx, Credentials? who, long number, long parentNumber, byte[] name)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        var inode = live.Value;
        var found = Parent(tx, who, parentNumber);
        if (!found.IsOk)
            return found.Error;
        var parent = found.Value;
        if (tx.Entry(parentNumber, name) is not null)
            return Errno.EEXIST;
        if (Access.Check(who, parent, Access.Write) is var error && error != Errno.None)
            return error;
        if (inode.IsDirectory)
            return Errno.EPERM;
        if (inode.LinkCount == 0)
            return Errno.ENOENT;
        if (inode.LinkCount >= CatalogLimits.Links)
            return Errno.EMLINK;
        if (inode.QuotaTree != parent.QuotaTree)
            return Errno.EXDEV;
        var linked = Changed(tx, inode) with { LinkCount = inode.LinkCount + 1 };
        tx.Update(linked);
        tx.InsertEntry(parentNumber, name, new CatalogLink(number, tx.NextNumber()));
        Touch(tx, parent, 0);
        tx.Emit(CatalogEventKind.Linked, inode, parent.Pid, name, who);
        return linked;
    }

    /// <summary>See <see cref="ICatalogStore.Remove"/>.</summary>
    public static Result<CatalogInode> Remove(CatalogTransaction tx, Credentials? who, long parentNumber, byte[] name)
    {
        var found = Entry(tx, who, parentNumber, name);
        if (!found.IsOk)
            return found.Error;
        var (parent, _, inode) = found.Value;
        if (MayRemove(who, parent, inode) is var error && error != Errno.None)
            return error;
        if (inode.IsDirectory)
            return Errno.EISDIR;
        tx.DeleteEntry(parentNumber, name);
        Touch(tx, parent, 0);
        return Unlink(tx, who, parent, name, inode);
    }

    /// <summary>See <see cref="ICatalogStore.RemoveDirectory"/>.</summary>
    public static Errno RemoveDirectory(CatalogTransaction tx, Credentials? who, long parentNumber, byte[] name)
    {
        var found = Entry(tx, who, parentNumber, name);
        if (!found.IsOk)
            return found.Error;
        var (parent, _, inode) = found.Value;
        if (MayRemove(who, parent, inode) is var error && error != Errno.None)
            return error;
        if (!inode.IsDirectory)
            return Errno.ENOTDIR;
        if (inode.Number < CatalogInode.FirstNumber)
            return Errno.EBUSY;
        if (!IsEmpty(tx, inode.Number))
            return Errno.ENOTEMPTY;
        tx.DeleteEntry(parentNumber, name);
        Touch(tx, parent, -1);
        EndDirectory(tx, who, parent, name, inode);
        return Errno.None;
    }

    /// <summary>The parent as a place for names the caller may look at: ESTALE, ENOTDIR, ENOENT (removed), EACCES.</summary>
    public static Result<CatalogInode> Parent(CatalogTransaction tx, Credentials? who, long number)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        if (!live.Value.IsDirectory)
            return Errno.ENOTDIR;
        if (live.Value.LinkCount == 0)
            return Errno.ENOENT;
        var error = Access.Check(who, live.Value, Access.Search);
        return error == Errno.None ? live.Value : error;
    }

    /// <summary>An existing entry in a directory the caller may search.</summary>
    public static Result<(CatalogInode Parent, CatalogLink Link, CatalogInode Inode)> Entry(CatalogTransaction tx, Credentials? who, long parentNumber, byte[] name)
    {
        var found = Parent(tx, who, parentNumber);
        if (!found.IsOk)
            return found.Error;
        if (tx.Entry(parentNumber, name) is not { } link)
            return Errno.ENOENT;
        return tx.Inode(link.Child) is { } inode ? (found.Value, link, inode) : Errno.EIO;
    }

    /// <summary>Write permission on the directory and its sticky bit.</summary>
    public static Errno MayRemove(Credentials? who, CatalogInode parent, CatalogInode inode)
    {
        var error = Access.Check(who, parent, Access.Write | Access.Search);
        return error == Errno.None && Access.IsKeptBySticky(who, parent, inode) ? Errno.EPERM : error;
    }

    public static bool IsEmpty(CatalogTransaction tx, long directory) => !tx.Query("SELECT child FROM dirent WHERE parent = $1 LIMIT 1").Add(directory).Any();

    /// <summary>A row with change time and counter moved on.</summary>
    public static CatalogInode Changed(CatalogTransaction tx, CatalogInode inode) =>
        inode with { ChangeTime = Math.Max(tx.Now(), inode.ChangeTime + 1), Change = inode.Change + 1 };

    /// <summary>A directory after an entry of it changed.</summary>
    public static void Touch(CatalogTransaction tx, CatalogInode directory, int links)
    {
        // Asked again: within one job both directories of a rename may be the same.
        var changed = Changed(tx, tx.Inode(directory.Number) ?? directory);
        tx.Update(changed with { ModifyTime = changed.ChangeTime, LinkCount = changed.LinkCount + links });
    }

    /// <summary>One name of a file went away (its entry is deleted already).</summary>
    public static CatalogInode Unlink(CatalogTransaction tx, Credentials? who, CatalogInode parent, byte[] name, CatalogInode inode)
    {
        var rest = Changed(tx, inode) with { LinkCount = inode.LinkCount - 1 };
        if (rest.LinkCount > 0)
        {
            tx.Update(rest);
            tx.Emit(CatalogEventKind.Unlinked, inode, parent.Pid, name, who);
            return rest;
        }

        tx.Count(inode.QuotaTree, -1, inode.IsRegular ? -inode.Size : 0);
        tx.Emit(CatalogEventKind.Removed, inode, parent.Pid, name, who);
        rest = rest with { QuotaTree = 0 };
        if (inode.IsRegular && tx.Options.TrashGrace > TimeSpan.Zero)
        {
            tx.Update(rest);
            tx.Change("INSERT INTO trash(seq, ino, parent, name, t, uid) VALUES ($1, $2, $3, $4, $5, $6)")
                .Add(tx.NextNumber()).Add(inode.Number).Add(parent.Number).Add(name).Add(tx.Now()).Add(who?.Uid ?? 0).Queue();
            tx.CountTrash(1);
        }
        else if (tx.Shared.IsHeld(inode.Number))
        {
            tx.Update(rest);
        }
        else
        {
            End(tx, rest);
        }

        return rest;
    }

    /// <summary>A directory went away (its entry is deleted already).</summary>
    public static void EndDirectory(CatalogTransaction tx, Credentials? who, CatalogInode parent, byte[] name, CatalogInode inode)
    {
        TagChanges.Rehome(tx, inode);
        tx.Count(inode.QuotaTree, -1, 0);
        tx.Emit(CatalogEventKind.Removed, inode, parent.Pid, name, who);
        if (tx.Shared.IsHeld(inode.Number))
            tx.Update(Changed(tx, inode) with { LinkCount = 0, QuotaTree = 0, TagDirectory = 0 });
        else
            tx.Delete(inode.Number);
    }

    /// <summary>The end of an object without names: tells mass storage, deletes everything.</summary>
    public static void End(CatalogTransaction tx, CatalogInode inode)
    {
        if (inode.IsRegular)
            Reclaim(tx, inode);
        tx.Delete(inode.Number);
    }

    private static void Reclaim(CatalogTransaction tx, CatalogInode inode)
    {
        var items = tx.Query("SELECT 0, lvl, size, NULL FROM level WHERE ino = $1 AND size > 0 UNION ALL SELECT 1, kind, 0, uri FROM place WHERE ino = $1 ORDER BY 1, 2").Add(inode.Number)
            .All(static r => (Kind: (int)r.Int64(0), Slot: (int)r.Int64(1), Size: r.Int64(2), Uri: r.IsNull(3) ? null : r.Text(3)));
        if (items.Count == 0 && inode.State == CatalogState.New)
            return;
        foreach (var (kind, slot, size, uri) in items)
        {
            var body = uri is null ? new byte[size] : System.Text.Encoding.UTF8.GetBytes(uri);
            if (uri is null)
                ContentQueries.ReadChunks(tx, inode.Number, slot, 0, body);
            Add(kind, slot, body);
        }

        Add(2, 0, []);

        void Add(int kind, int slot, byte[] body) => tx.Change("INSERT INTO reclaim(seq, pid, kind, slot, body, t) VALUES ($1, $2, $3, $4, $5, $6)")
            .Add(tx.NextNumber()).Add(inode.Pid.ToBytes()).Add(kind).Add(slot).Add(body).Add(tx.Now()).Queue();
    }

    private static CatalogInode NewInode(CatalogTransaction tx, Credentials? who, CatalogInode parent, NewObject what)
    {
        var isDirectory = (what.Mode & TypeMask) == Directory;
        var isGroupInherited = (parent.Mode & SetGroupId) != 0;
        var gid = isGroupInherited ? parent.Gid : what.Gid is { } asked && (who is null || who.Uid == 0 || who.IsInGroup(asked)) ? asked : who?.Gid ?? 0;
        var mode = what.Mode & 0xFFFF;
        if (isDirectory && isGroupInherited)
            mode |= SetGroupId;
        else if (!isDirectory && (mode & (SetGroupId | GroupExecute)) == (SetGroupId | GroupExecute) && who is { Uid: not 0 } && !who.IsInGroup(gid))
            mode &= ~SetGroupId;
        if ((mode & TypeMask) == 0)
            mode |= Regular;
        var now = tx.Now();
        return new CatalogInode
        {
            Number = tx.NextNumber(),
            Pid = tx.NextPid(),
            Mode = mode,
            Uid = what.Uid is { } uid && (who is null || who.Uid == 0) ? uid : who?.Uid ?? 0,
            Gid = gid,
            LinkCount = isDirectory ? 2 : 1,
            Size = (mode & TypeMask) == Link ? what.Target.Length : 0,
            Device = what.Device,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
            BirthTime = now,
            Change = 1,
            TagDirectory = isDirectory ? parent.Number : 0,
            TagsSeen = isDirectory ? parent.TagGeneration : 0,
            QuotaTree = parent.QuotaTree,
            Verifier = what.Verifier,
            Target = (mode & TypeMask) == Link ? what.Target.ToArray() : null,
        };
    }
}
