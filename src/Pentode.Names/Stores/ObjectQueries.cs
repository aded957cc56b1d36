using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Finding, listing and naming objects.</summary>
internal static class ObjectQueries
{
    private const string UpSql =
        "WITH RECURSIVE up(d, depth) AS (SELECT CAST($1 AS BIGINT), CAST(0 AS BIGINT) UNION ALL " +
        "SELECT (SELECT e.parent FROM dirent e WHERE e.child = u.d ORDER BY e.cookie LIMIT 1), u.depth + 1 FROM up u WHERE u.d IS NOT NULL AND u.d <> 1 AND u.depth < 4096) ";

    private const string StepSql =
        $"SELECT {InodeRow.ColumnsOfDirectory}, {InodeRow.Columns} FROM inode d LEFT JOIN dirent e ON e.parent = d.ino AND e.name = $2 LEFT JOIN inode i ON i.ino = e.child WHERE d.ino = $1";

    /// <summary>See <see cref="ICatalogStore.Find"/>.</summary>
    public static Result<CatalogInode> Find(CatalogTransaction tx, CatalogPid pid)
    {
        var inode = tx.Query($"SELECT {InodeRow.Columns} FROM inode i WHERE i.pid = $1").Add(pid.ToBytes()).First(static r => InodeRow.Read(r));
        return inode is { LinkCount: > 0 } ? inode : Errno.ENOENT;
    }

    /// <summary>See <see cref="ICatalogStore.Lookup"/>.</summary>
    public static Result<CatalogInode> Lookup(CatalogTransaction tx, long parent, byte[] name)
    {
        var child = tx.Query($"SELECT {InodeRow.Columns} FROM dirent e JOIN inode i ON i.ino = e.child WHERE e.parent = $1 AND e.name = $2")
            .Add(parent).Add(name).First(static r => InodeRow.Read(r));
        if (child is not null)
            return child;
        var live = TagQueries.Directory(tx, parent);
        return live.IsOk ? Errno.ENOENT : live.Error;
    }

    /// <summary>See <see cref="ICatalogStore.Step"/>.</summary>
    public static Result<CatalogStep> Step(CatalogTransaction tx, long parent, byte[] name)
    {
        var step = tx.Query(StepSql).Add(parent).Add(name).First(static r => new CatalogStep(InodeRow.Read(r), r.IsNull(InodeRow.ColumnCount) ? null : InodeRow.Read(r, InodeRow.ColumnCount)));
        if (step is null || !tx.IsLive(step.Directory))
            return Errno.ESTALE;
        return step.Directory.IsDirectory ? step : Errno.ENOTDIR;
    }

    /// <summary>See <see cref="ICatalogStore.List"/>.</summary>
    public static Result<CatalogPage> List(CatalogTransaction tx, long parent, long after, int limit)
    {
        limit = Math.Clamp(limit, 1, CatalogLimits.Page);
        var entries = tx.Query($"SELECT e.name, e.cookie, {InodeRow.Columns} FROM dirent e JOIN inode i ON i.ino = e.child WHERE e.parent = $1 AND e.cookie > $2 ORDER BY e.cookie LIMIT $3")
            .Add(parent).Add(after).Add((long)limit + 1).All(static r => new CatalogEntry(r.Bytes(0), r.Int64(1), InodeRow.Read(r, 2)));
        if (entries.Count == 0)
        {
            var live = TagQueries.Directory(tx, parent);
            if (!live.IsOk)
                return live.Error;
        }

        var isLast = entries.Count <= limit;
        if (!isLast)
            entries.RemoveAt(limit);
        return new CatalogPage(entries, isLast);
    }

    /// <summary>See <see cref="ICatalogStore.Names"/>.</summary>
    public static Result<IReadOnlyList<CatalogName>> Names(CatalogTransaction tx, long number, int limit)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        return tx.Query("SELECT parent, name FROM dirent WHERE child = $1 ORDER BY cookie LIMIT $2").Add(number).Add((long)limit)
            .All(static r => new CatalogName(r.Int64(0), r.Bytes(1)));
    }

    /// <summary>See <see cref="ICatalogStore.PathOf"/>.</summary>
    public static Result<byte[]> PathOf(CatalogTransaction tx, long number)
    {
        if (number == CatalogInode.RootNumber)
            return "/"u8.ToArray();
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        var names = tx.Query(UpSql + "SELECT u.d, (SELECT e.name FROM dirent e WHERE e.child = u.d ORDER BY e.cookie LIMIT 1) FROM up u WHERE u.d IS NOT NULL ORDER BY u.depth DESC").Add(number)
            .All(static r => (Number: r.Int64(0), Name: r.IsNull(1) ? null : r.Bytes(1)));
        if (names[0].Number != CatalogInode.RootNumber)
            return Errno.ENOENT;
        var path = new List<byte>();
        foreach (var (_, name) in names.Skip(1))
        {
            path.Add((byte)'/');
            path.AddRange(name!);
        }

        return path.ToArray();
    }

    /// <summary>See <see cref="ICatalogStore.Ancestors"/>.</summary>
    public static Result<IReadOnlyList<CatalogInode>> Ancestors(CatalogTransaction tx, long number)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        return tx.Query(UpSql + $"SELECT {InodeRow.Columns} FROM up u JOIN inode i ON i.ino = u.d WHERE u.depth > 0 ORDER BY u.depth").Add(number).All(static r => InodeRow.Read(r));
    }
}
