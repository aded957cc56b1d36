using System.Globalization;
using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Repairs one finding in one transaction, from what the rows say then: what others put right meanwhile stays.</summary>
internal static class CatalogRepair
{
    private const string IsDirectory = "mode >= 16384 AND i.mode < 20480";

    public static Errno Run(CatalogTransaction tx, CheckProblem problem)
    {
        var number = problem.Number;
        switch (problem.Kind)
        {
            case CheckProblemKind.DanglingEntry:
                tx.Change($"DELETE FROM dirent WHERE parent = $1 AND (child NOT IN (SELECT ino FROM inode) OR NOT EXISTS (SELECT 1 FROM inode i WHERE i.ino = dirent.parent AND i.{IsDirectory}))")
                    .Add(number).Run();
                return Links(tx, number);
            case CheckProblemKind.SecondName:
                return KeepOldestName(tx, number);
            case CheckProblemKind.Orphan:
                return NoName(tx, number) ? ToLostAndFound(tx, number) : Errno.None;
            case CheckProblemKind.Loop:
                return Cut(tx, number);
            case CheckProblemKind.LinkCount:
                return Links(tx, number);
            case CheckProblemKind.LeftOver:
                return NoName(tx, number) ? FeedChanges.EndHeld(tx, number) : Links(tx, number);
            case CheckProblemKind.Trash:
                tx.Change("DELETE FROM trash WHERE ino = $1").Add(number).Run();
                return Totals(tx);
            case CheckProblemKind.Content:
                return CutContent(tx, number);
            case CheckProblemKind.StoredBytes:
                return Stored(tx, number);
            case CheckProblemKind.TagChain:
                return TagChain(tx, number);
            case CheckProblemKind.TagGeneration:
                if (tx.Inode(number) is { } tagged)
                    tx.Update(tagged with { TagGeneration = tx.Query("SELECT MAX(born) FROM tag WHERE dir = $1").Add(number).Scalar() ?? 0 });
                return Errno.None;
            case CheckProblemKind.Quota:
                return Quota(tx, number);
            case CheckProblemKind.Totals:
                return Totals(tx);
            case CheckProblemKind.Target:
                return Target(tx, number);
            default:
                return Errno.EINVAL;
        }
    }

    private static bool NoName(CatalogTransaction tx, long number) => !tx.Query("SELECT 1 FROM dirent WHERE child = $1").Add(number).Any();

    private static Errno ToLostAndFound(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is not { } inode || tx.Inode(CatalogInode.LostAndFoundNumber) is not { } lost)
            return Errno.ENOENT;
        tx.InsertEntry(lost.Number, System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#{number}")), new CatalogLink(number, tx.NextNumber()));
        ObjectChanges.Touch(tx, lost, inode.IsDirectory ? 1 : 0);
        return Links(tx, number);
    }

    private static Errno KeepOldestName(CatalogTransaction tx, long number)
    {
        var names = tx.Query("SELECT parent, name FROM dirent WHERE child = $1 ORDER BY cookie").Add(number).All(static r => new CatalogName(r.Int64(0), r.Bytes(1)));
        foreach (var name in names.Skip(1))
        {
            tx.DeleteEntry(name.Parent, name.Name);
            Links(tx, name.Parent);
        }

        return Errno.None;
    }

    private static Errno Cut(CatalogTransaction tx, long number)
    {
        tx.Session.LockRenames();
        var name = tx.Query("SELECT parent, name FROM dirent WHERE child = $1 ORDER BY cookie LIMIT 1").Add(number).First(static r => new CatalogName(r.Int64(0), r.Bytes(1)));
        if (name is null)
            return Errno.None;
        tx.DeleteEntry(name.Parent, name.Name);
        Links(tx, name.Parent);
        return ToLostAndFound(tx, number);
    }

    private static Errno Links(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is not { } inode)
            return Errno.None;
        var count = inode.IsDirectory
            ? 2 + tx.Query($"SELECT COUNT(*) FROM dirent e JOIN inode i ON i.ino = e.child WHERE e.parent = $1 AND i.{IsDirectory}").Add(number).Scalar() ?? 0
            : tx.Query("SELECT COUNT(*) FROM dirent WHERE child = $1").Add(number).Scalar() ?? 0;
        if (count != inode.LinkCount)
            tx.Update(ObjectChanges.Changed(tx, inode) with { LinkCount = count });
        return Totals(tx);
    }

    private static Errno CutContent(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is not { } inode)
            return Errno.None;
        var levels = ContentQueries.Levels(tx, number);
        for (var level = 0; level <= CatalogLimits.Level; level++)
        {
            var size = !inode.IsRegular ? 0 : level == 0 ? inode.Size : levels.Find(l => l.Level == level)?.Size ?? 0;
            ContentChanges.Truncate(tx, number, level, long.MaxValue, long.MaxValue, size);
        }

        return Stored(tx, number);
    }

    private static Errno Stored(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is { } inode)
        {
            var stored = tx.Query("SELECT CAST(COALESCE(SUM(length(b)), 0) AS BIGINT) FROM chunk WHERE ino = $1 AND lvl = 0").Add(number).Scalar() ?? 0;
            tx.Update(inode with { StoredBytes = stored });
        }

        return Errno.None;
    }

    private static Errno TagChain(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is not { } inode)
            return Errno.None;
        var parent = tx.Query("SELECT parent FROM dirent WHERE child = $1 ORDER BY cookie LIMIT 1").Add(number).Scalar() ?? 0;
        tx.Update(inode with { TagDirectory = inode.IsDirectory ? parent : 0, TagsSeen = tx.Inode(parent)?.TagGeneration ?? 0 });
        return Errno.None;
    }

    private static Errno Quota(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is { QuotaTree: not 0 } inode && tx.Quota(inode.QuotaTree) is null)
            tx.Update(inode with { QuotaTree = 0 });
        tx.Forget();
        FactChanges.Recount(tx, number);
        return Errno.None;
    }

    /// <summary>Counts the totals again.</summary>
    public static Errno Totals(CatalogTransaction tx)
    {
        tx.Flush();
        tx.Change(
            "UPDATE totals SET objects = (SELECT COUNT(*) FROM inode WHERE nlink > 0), trash = (SELECT COUNT(*) FROM trash), " +
            "bytes = (SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM inode WHERE nlink > 0 AND mode >= 32768 AND mode < 36864)").Run();
        return Errno.None;
    }

    private static Errno Target(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is not { IsSymbolicLink: true } inode)
            return Errno.None;
        var target = inode.Target is { Length: > 0 } known ? known : [.. "."u8];
        tx.Update(ObjectChanges.Changed(tx, inode) with { Target = target, Size = target.Length });
        return Errno.None;
    }
}
