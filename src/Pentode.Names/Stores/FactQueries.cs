using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Reading facts about files.</summary>
internal static class FactQueries
{
    public static Result<IReadOnlyList<CatalogLocation>> Locations(CatalogTransaction tx, long number) => Of(tx, number, static (tx, number) =>
        tx.Query("SELECT kind, uri, prio, state, ctime FROM place WHERE ino = $1 ORDER BY prio, kind, uri").Add(number)
            .All(static r => new CatalogLocation((int)r.Int64(0), r.Text(1), (int)r.Int64(2), (int)r.Int64(3), r.Int64(4))));

    public static Result<IReadOnlyList<CatalogChecksum>> Checksums(CatalogTransaction tx, long number) => Of(tx, number, static (tx, number) =>
        tx.Query("SELECT algo, val FROM cksum WHERE ino = $1 ORDER BY algo").Add(number).All(static r => new CatalogChecksum(r.Text(0), r.Text(1))));

    public static Result<IReadOnlyList<CatalogPin>> Pins(CatalogTransaction tx, long number) => Of(tx, number, static (tx, number) => PinRows(tx, number));

    public static List<CatalogPin> PinRows(CatalogTransaction tx, long number) =>
        tx.Query("SELECT id, ctime, expires, request, uid, state FROM pin WHERE ino = $1 AND (expires IS NULL OR expires > $2) ORDER BY id").Add(number).Add(tx.Now())
            .All(static r => new CatalogPin(r.Int64(0), r.Int64(1), r.Number(2), r.Text(3), (uint)r.Int64(4), (int)r.Int64(5)));

    public static Result<IReadOnlyList<string>> Labels(CatalogTransaction tx, long number) => Of(tx, number, static (tx, number) =>
        tx.Query("SELECT label FROM label WHERE ino = $1 ORDER BY label").Add(number).All(static r => r.Text(0)));

    public static Result<IReadOnlyList<string>> AllLabels(CatalogTransaction tx) => tx.Query("SELECT DISTINCT label FROM label ORDER BY label").All(static r => r.Text(0));

    public static Result<CatalogPage> Labelled(CatalogTransaction tx, string label, long after, int limit)
    {
        limit = Math.Clamp(limit, 1, CatalogLimits.Page);
        var entries = tx.Query($"SELECT {InodeRow.Columns} FROM label l JOIN inode i ON i.ino = l.ino WHERE l.label = $1 AND l.ino > $2 AND i.nlink > 0 ORDER BY l.ino LIMIT $3")
            .Add(label).Add(after).Add((long)limit + 1).All(static r =>
            {
                var inode = InodeRow.Read(r);
                return new CatalogEntry(System.Text.Encoding.ASCII.GetBytes(inode.Pid.ToString()), inode.Number, inode);
            });
        var isLast = entries.Count <= limit;
        if (!isLast)
            entries.RemoveAt(limit);
        return new CatalogPage(entries, isLast);
    }

    public static Result<IReadOnlyList<byte[]>> AttributeNames(CatalogTransaction tx, long number) => Of(tx, number, static (tx, number) =>
        tx.Query("SELECT name FROM xattr WHERE ino = $1 ORDER BY name").Add(number).All(static r => r.Bytes(0)));

    public static Result<byte[]> Attribute(CatalogTransaction tx, long number, byte[] name)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        return tx.Query("SELECT val FROM xattr WHERE ino = $1 AND name = $2").Add(number).Add(name).First(static r => r.Bytes(0)) is { } value ? value : Errno.ENODATA;
    }

    public static Result<CatalogQuota> Quota(CatalogTransaction tx, long directory)
    {
        var live = TagQueries.Directory(tx, directory);
        if (!live.IsOk)
            return live.Error;
        return tx.Quota(directory) is { } quota ? quota : Errno.ENOENT;
    }

    public static Result<IReadOnlyList<CatalogQuota>> Quotas(CatalogTransaction tx) => tx.Query("SELECT dir, maxfiles, maxbytes, files, bytes FROM quota ORDER BY dir")
        .All(static r => new CatalogQuota(r.Int64(0), r.Int64(1), r.Int64(2), r.Int64(3), r.Int64(4)));

    private static Result<IReadOnlyList<T>> Of<T>(CatalogTransaction tx, long number, Func<CatalogTransaction, long, List<T>> query)
    {
        var live = tx.Live(number);
        return live.IsOk ? query(tx, number) : live.Error;
    }
}
