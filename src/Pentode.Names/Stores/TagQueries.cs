using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Which tags a directory sees.</summary>
internal static class TagQueries
{
    // A row of an ancestor is visible when it was there when the next directory down the chain was made; pseudo-primary rows (born 0) always are.
    private const string ResolveSql =
        "WITH RECURSIVE chain(d, depth, lim) AS (SELECT CAST($1 AS BIGINT), CAST(0 AS BIGINT), CAST(9223372036854775807 AS BIGINT) " +
        "UNION ALL SELECT i.tagdir, c.depth + 1, i.tagseen FROM chain c JOIN inode i ON i.ino = c.d WHERE i.tagdir <> 0 AND c.depth < 4096) " +
        "SELECT t.tagid, t.dir, t.name, t.born, t.valid, t.mode, t.uid, t.gid, t.mtime, t.ctime, t.val FROM chain c JOIN tag t ON t.dir = c.d AND t.born <= c.lim " +
        "ORDER BY t.name, c.depth";

    /// <summary>See <see cref="ICatalogTags.ListTags"/>.</summary>
    public static Result<IReadOnlyList<CatalogTag>> List(CatalogTransaction tx, long directory)
    {
        var live = Directory(tx, directory);
        return live.IsOk ? Resolve(tx, directory) : live.Error;
    }

    /// <summary>See <see cref="ICatalogTags.GetTag"/>.</summary>
    public static Result<CatalogTag> Get(CatalogTransaction tx, long directory, byte[] name)
    {
        var live = Directory(tx, directory);
        if (!live.IsOk)
            return live.Error;
        return Find(tx, directory, name) is { } tag ? tag : Errno.ENOENT;
    }

    public static CatalogTag? Find(CatalogTransaction tx, long directory, byte[] name) => Resolve(tx, directory).Find(t => t.Name.AsSpan().SequenceEqual(name));

    public static Result<CatalogInode> Directory(CatalogTransaction tx, long number)
    {
        var live = tx.Live(number);
        return !live.IsOk ? live.Error : live.Value.IsDirectory ? live.Value : Errno.ENOTDIR;
    }

    private static List<CatalogTag> Resolve(CatalogTransaction tx, long directory)
    {
        tx.Flush();
        var tags = new List<CatalogTag>();
        var rows = tx.Query(ResolveSql).Add(directory);
        while (rows.Step())
        {
            var name = rows.Bytes(2);
            if (tags.Count > 0 && tags[^1].Name.AsSpan().SequenceEqual(name))
                continue;
            var isValid = rows.Int64(4) != 0;
            tags.Add(new CatalogTag(
                name, rows.Int64(0), rows.Int64(1), rows.Int64(1) != directory, rows.Int64(3) > 0, isValid, (uint)rows.Int64(5), (uint)rows.Int64(6), (uint)rows.Int64(7),
                rows.Int64(8), rows.Int64(9), isValid ? rows.Bytes(10) : []));
        }

        return tags;
    }
}
