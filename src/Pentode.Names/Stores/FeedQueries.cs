using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Reading events, trash and the reclaim queue.</summary>
internal static class FeedQueries
{
    public static Result<IReadOnlyList<CatalogEvent>> Events(CatalogTransaction tx, long after, int limit) =>
        tx.Query("SELECT seq, t, kind, pid, parent, name, uid, info FROM event WHERE seq > $1 ORDER BY seq LIMIT $2").Add(after).Add((long)Math.Clamp(limit, 1, CatalogLimits.Page))
            .All(static r => new CatalogEvent(
                r.Int64(0), r.Int64(1), (CatalogEventKind)r.Int64(2), CatalogPid.FromBytes(r.Bytes(3)), CatalogPid.FromBytes(r.Bytes(4)), r.Bytes(5), (uint)r.Int64(6), r.Bytes(7)));

    public static long LastEvent(CatalogTransaction tx) => tx.Query("SELECT MAX(seq) FROM event").Scalar() ?? 0;

    public static Result<IReadOnlyList<CatalogTrashItem>> Trash(CatalogTransaction tx, long after, int limit) =>
        tx.Query($"SELECT t.seq, t.parent, t.name, t.t, t.uid, {InodeRow.Columns} FROM trash t JOIN inode i ON i.ino = t.ino WHERE t.seq > $1 ORDER BY t.seq LIMIT $2")
            .Add(after).Add((long)Math.Clamp(limit, 1, CatalogLimits.Page))
            .All(static r => new CatalogTrashItem(r.Int64(0), InodeRow.Read(r, 5), r.Int64(1), r.Bytes(2), r.Int64(3), (uint)r.Int64(4)));

    public static Result<IReadOnlyList<CatalogReclaim>> Reclaim(CatalogTransaction tx, long after, int limit) =>
        tx.Query("SELECT seq, pid, kind, slot, body, t FROM reclaim WHERE seq > $1 ORDER BY seq LIMIT $2").Add(after).Add((long)Math.Clamp(limit, 1, CatalogLimits.Page))
            .All(static r => new CatalogReclaim(r.Int64(0), CatalogPid.FromBytes(r.Bytes(1)), (int)r.Int64(2), (int)r.Int64(3), r.Bytes(4), r.Int64(5)));
}
