using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Table <c>inode</c>.</summary>
internal static class InodeRow
{
    public const int ColumnCount = 24;

    public const string Columns =
        "i.ino, i.pid, i.mode, i.uid, i.gid, i.nlink, i.size, i.stored, i.rdev, i.io, i.state, i.atime, i.mtime, i.ctime, i.btime, i.chg, " +
        "i.tagdir, i.taggen, i.tagseen, i.qtree, i.verf, i.latency, i.retention, i.link";

    /// <summary>The same of a row called d.</summary>
    public const string ColumnsOfDirectory =
        "d.ino, d.pid, d.mode, d.uid, d.gid, d.nlink, d.size, d.stored, d.rdev, d.io, d.state, d.atime, d.mtime, d.ctime, d.btime, d.chg, " +
        "d.tagdir, d.taggen, d.tagseen, d.qtree, d.verf, d.latency, d.retention, d.link";

    /// <summary>Ends with what to insert, in the order of <see cref="Columns"/>.</summary>
    public const string InsertInto =
        "INSERT INTO inode(ino, pid, mode, uid, gid, nlink, size, stored, rdev, io, state, atime, mtime, ctime, btime, chg, tagdir, taggen, tagseen, qtree, verf, latency, retention, link) ";

    private const string InsertSql = InsertInto +
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";

    private const string UpdateSql =
        "UPDATE inode SET mode = $2, uid = $3, gid = $4, nlink = $5, size = $6, stored = $7, rdev = $8, io = $9, state = $10, atime = $11, mtime = $12, ctime = $13, " +
        "btime = $14, chg = $15, tagdir = $16, taggen = $17, tagseen = $18, qtree = $19, verf = $20, latency = $21, retention = $22, link = $23 WHERE ino = $1";

    /// <summary>Reads <see cref="Columns"/> that start at a column of the row.</summary>
    public static CatalogInode Read(IRowColumns row, int at = 0) => new()
    {
        Number = row.Int64(at),
        Pid = CatalogPid.FromBytes(row.Bytes(at + 1)),
        Mode = (uint)row.Int64(at + 2),
        Uid = (uint)row.Int64(at + 3),
        Gid = (uint)row.Int64(at + 4),
        LinkCount = row.Int64(at + 5),
        Size = row.Int64(at + 6),
        StoredBytes = row.Int64(at + 7),
        Device = (ulong)row.Int64(at + 8),
        IsIoEnabled = row.Int64(at + 9) != 0,
        State = (CatalogState)row.Int64(at + 10),
        AccessTime = row.Int64(at + 11),
        ModifyTime = row.Int64(at + 12),
        ChangeTime = row.Int64(at + 13),
        BirthTime = row.Int64(at + 14),
        Change = row.Int64(at + 15),
        TagDirectory = row.Int64(at + 16),
        TagGeneration = row.Int64(at + 17),
        TagsSeen = row.Int64(at + 18),
        QuotaTree = row.Int64(at + 19),
        Verifier = row.IsNull(at + 20) ? null : (ulong)row.Int64(at + 20),
        AccessLatency = (int)row.Int64(at + 21),
        RetentionPolicy = (int)row.Int64(at + 22),
        Target = row.IsNull(at + 23) ? null : row.Bytes(at + 23),
    };

    public static void Insert(IRowSession session, CatalogInode inode) =>
        AddCommon(session.Command(InsertSql).Add(inode.Number).Add(inode.Pid.ToBytes()), inode).Queue();

    public static void Update(IRowSession session, CatalogInode inode) => AddCommon(session.Command(UpdateSql).Add(inode.Number), inode).Queue();

    private static RowCommand AddCommon(RowCommand command, CatalogInode i) => command
        .Add(i.Mode).Add(i.Uid).Add(i.Gid).Add(i.LinkCount).Add(i.Size).Add(i.StoredBytes).Add((long)i.Device).Add(i.IsIoEnabled ? 1 : 0).Add((long)i.State)
        .Add(i.AccessTime).Add(i.ModifyTime).Add(i.ChangeTime).Add(i.BirthTime).Add(i.Change).Add(i.TagDirectory).Add(i.TagGeneration).Add(i.TagsSeen).Add(i.QuotaTree)
        .Add((long?)i.Verifier).Add(i.AccessLatency).Add(i.RetentionPolicy).AddNullable(i.Target);
}
