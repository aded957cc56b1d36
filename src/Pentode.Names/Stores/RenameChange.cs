using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>rename(2) in one transaction.</summary>
internal static class RenameChange
{
    /// <summary>See <see cref="ICatalogStore.Rename"/>.</summary>
    public static Errno Rename(CatalogTransaction tx, Credentials? who, long fromNumber, byte[] name, long toNumber, byte[] newName)
    {
        // Both directories are walked to before a name is looked for in either.
        var source = ObjectChanges.Parent(tx, who, fromNumber);
        if (!source.IsOk)
            return source.Error;
        var place = ObjectChanges.Parent(tx, who, toNumber);
        if (!place.IsOk)
            return place.Error;
        var found = ObjectChanges.Entry(tx, who, fromNumber, name);
        if (!found.IsOk)
            return found.Error;
        var (from, link, inode) = found.Value;
        var to = place.Value;
        if (inode.Number < CatalogInode.FirstNumber)
            return Errno.EBUSY;
        var targetLink = tx.Entry(toNumber, newName);
        if (targetLink?.Child == inode.Number)
            return Errno.None;
        var target = targetLink is null ? null : tx.Inode(targetLink.Child);
        var isMove = fromNumber != toNumber;
        if (inode.IsDirectory && isMove)
        {
            tx.Session.LockRenames();
            if (IsBelow(tx, toNumber, inode.Number))
                return Errno.EINVAL;
        }

        if (target is not null && isMove && target.IsDirectory && IsBelow(tx, fromNumber, target.Number))
            return Errno.ENOTEMPTY;
        if (Check(tx, who, from, to, inode, target, isMove) is var error && error != Errno.None)
            return error;
        var isOwnTree = inode.QuotaTree == inode.Number;
        if (!isOwnTree && inode.QuotaTree != to.QuotaTree)
            return Errno.EXDEV;

        if (target is not null)
            tx.DeleteEntry(toNumber, newName);
        tx.DeleteEntry(fromNumber, name);
        if (target is { IsDirectory: true })
            ObjectChanges.EndDirectory(tx, who, to, newName, target);
        else if (target is not null)
            ObjectChanges.Unlink(tx, who, to, newName, target);

        // The entry keeps its cookie: a listing that goes on meets it at most once in each directory.
        tx.InsertEntry(toNumber, newName, link);
        var isDirectory = inode.IsDirectory;
        ObjectChanges.Touch(tx, from, isDirectory && isMove ? -1 : 0);
        ObjectChanges.Touch(tx, to, (isDirectory && isMove ? 1 : 0) - (target is { IsDirectory: true } ? 1 : 0));

        // Asked again: the end of a target directory may have given it another place to inherit tags from.
        tx.Update(ObjectChanges.Changed(tx, tx.Inode(inode.Number)!));
        tx.Emit(CatalogEventKind.Renamed, inode, to.Pid, newName, who, [.. System.Text.Encoding.ASCII.GetBytes(from.Pid.ToString()), (byte)'/', .. name]);
        return Errno.None;
    }

    /// <summary>True when a directory is another one or below it.</summary>
    public static bool IsBelow(CatalogTransaction tx, long directory, long top) => directory == top ||
        tx.Query("WITH RECURSIVE up(d) AS (SELECT CAST($1 AS BIGINT) UNION SELECT e.parent FROM dirent e JOIN up ON e.child = up.d) SELECT d FROM up WHERE d = $2")
            .Add(directory).Add(top).Any();

    private static Errno Check(CatalogTransaction tx, Credentials? who, CatalogInode from, CatalogInode to, CatalogInode inode, CatalogInode? target, bool isMove)
    {
        var error = ObjectChanges.MayRemove(who, from, inode);
        if (error != Errno.None)
            return error;
        error = target is null ? Access.Check(who, to, Access.Write | Access.Search) : ObjectChanges.MayRemove(who, to, target);
        if (error != Errno.None)
            return error;
        if (target is not null)
        {
            if (inode.IsDirectory && !target.IsDirectory)
                return Errno.ENOTDIR;
            if (!inode.IsDirectory && target.IsDirectory)
                return Errno.EISDIR;
            if (target.Number < CatalogInode.FirstNumber)
                return Errno.EBUSY;
        }

        // Its ".." changes: that is a write to the directory itself, which Linux checks before it looks into the target.
        if (inode.IsDirectory && isMove)
            error = Access.Check(who, inode, Access.Write);
        if (error == Errno.None && target is { IsDirectory: true } && !ObjectChanges.IsEmpty(tx, target.Number))
            error = Errno.ENOTEMPTY;
        if (!inode.IsDirectory || !isMove)
            return error;
        return error == Errno.None && to.LinkCount >= CatalogLimits.Links ? Errno.EMLINK : error;
    }
}
