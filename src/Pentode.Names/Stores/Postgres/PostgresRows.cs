using Npgsql;
using NpgsqlTypes;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores.Postgres;

/// <summary>Many rows in one statement: an array for each column.</summary>
internal static class PostgresRows
{
    public static NpgsqlBatchCommand Insert(IReadOnlyList<CatalogInode> rows) =>
        new(InodeRow.InsertInto + "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)")
        {
            Parameters =
            {
                Array(rows.Select(i => i.Number)), Array(rows.Select(i => i.Pid.ToBytes())), Array(rows.Select(i => (long)i.Mode)), Array(rows.Select(i => (long)i.Uid)),
                Array(rows.Select(i => (long)i.Gid)), Array(rows.Select(i => i.LinkCount)), Array(rows.Select(i => i.Size)), Array(rows.Select(i => i.StoredBytes)),
                Array(rows.Select(i => (long)i.Device)), Array(rows.Select(i => i.IsIoEnabled ? 1L : 0)), Array(rows.Select(i => (long)i.State)), Array(rows.Select(i => i.AccessTime)),
                Array(rows.Select(i => i.ModifyTime)), Array(rows.Select(i => i.ChangeTime)), Array(rows.Select(i => i.BirthTime)), Array(rows.Select(i => i.Change)),
                Array(rows.Select(i => i.TagDirectory)), Array(rows.Select(i => i.TagGeneration)), Array(rows.Select(i => i.TagsSeen)), Array(rows.Select(i => i.QuotaTree)),
                new NpgsqlParameter<long?[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, TypedValue = [.. rows.Select(i => (long?)i.Verifier)] },
                Array(rows.Select(i => (long)i.AccessLatency)), Array(rows.Select(i => (long)i.RetentionPolicy)), Array(rows.Select(i => i.Target)),
            },
        };

    public static NpgsqlBatchCommand Insert(IReadOnlyList<(CatalogName Name, CatalogLink Link)> rows) =>
        new("INSERT INTO dirent(parent, name, child, cookie) SELECT * FROM unnest($1, $2, $3, $4)")
        {
            Parameters = { Array(rows.Select(r => r.Name.Parent)), Array(rows.Select(r => r.Name.Name)), Array(rows.Select(r => r.Link.Child)), Array(rows.Select(r => r.Link.Cookie)) },
        };

    public static NpgsqlBatchCommand Insert(IReadOnlyCollection<CatalogCall> rows) =>
        new("INSERT INTO request(k, t, step, ino) SELECT * FROM unnest($1, $2, $3, $4)")
        {
            Parameters = { Array(rows.Select(c => c.Key)), Array(rows.Select(c => c.Time)), Array(rows.Select(c => (long)c.Step)), Array(rows.Select(c => c.Number)) },
        };

    public static NpgsqlBatchCommand Insert(IReadOnlyList<CatalogEvent> rows) =>
        new("INSERT INTO event(seq, t, kind, pid, parent, name, uid, info) SELECT nextval('event_seq'), e.* FROM unnest($1, $2, $3, $4, $5, $6, $7) AS e(t, kind, pid, parent, name, uid, info)")
        {
            Parameters =
            {
                Array(rows.Select(e => e.Time)), Array(rows.Select(e => (long)e.Kind)), Array(rows.Select(e => e.Pid.ToBytes())), Array(rows.Select(e => e.Parent.ToBytes())),
                Array(rows.Select(e => e.Name)), Array(rows.Select(e => (long)e.Uid)), Array(rows.Select(e => e.Info)),
            },
        };

    public static NpgsqlParameter Array(IEnumerable<long> values) => new NpgsqlParameter<long[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, TypedValue = [.. values] };

    public static NpgsqlParameter Array(IEnumerable<byte[]?> values) => new NpgsqlParameter<byte[]?[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea, TypedValue = [.. values] };
}
