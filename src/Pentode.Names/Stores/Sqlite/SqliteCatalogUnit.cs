using Pentode.Names.Catalog;
using Pentode.Sqlite;

namespace Pentode.Names.Stores.Sqlite;

/// <summary>A SQLite connection with the catalog transaction that is open on it.</summary>
internal sealed class SqliteCatalogUnit : SqliteUnit, IRowSession
{
    private readonly Dictionary<string, SqliteRowCommand> _commands = new(StringComparer.Ordinal);
    private readonly bool _isWriter;

    public SqliteCatalogUnit(SqliteConnection connection, bool isWriter, SqliteOptions options, CatalogShared shared, ushort storeNumber)
        : base(connection, isWriter, options)
    {
        _isWriter = isWriter;
        Transaction = new CatalogTransaction(this, shared, storeNumber, isWriter);
    }

    public CatalogTransaction Transaction { get; }

    public string ForUpdate => "";

    public override long Changes => Transaction.Changes;

    public RowCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = new SqliteRowCommand(Connection.Prepare(sql.Replace('$', '?')));
            _commands.Add(sql, command);
        }

        return command.Start();
    }

    public long ReserveNumbers(int count) => Command("UPDATE counter SET value = value + $1 WHERE name = 'number' RETURNING value - $1").Add(count).Scalar()!.Value;

    public void SkipNumbers(long first) => Command("UPDATE counter SET value = $1 WHERE name = 'number' AND value < $1").Add(first).Run();

    public void Snapshot()
    {
        // Every read is in one.
    }

    public void LockRenames()
    {
        // There is one writer.
    }

    public void AddInodes(IReadOnlyList<CatalogInode> inodes)
    {
        foreach (var inode in inodes)
            InodeRow.Insert(this, inode);
    }

    public void AddEntries(IReadOnlyList<(CatalogName Name, CatalogLink Link)> entries)
    {
        foreach (var (name, link) in entries)
            Command("INSERT INTO dirent(parent, name, child, cookie) VALUES ($1, $2, $3, $4)").Add(name.Parent).Add(name.Name).Add(link.Child).Add(link.Cookie).Queue();
    }

    public void AddCalls(IReadOnlyCollection<CatalogCall> calls)
    {
        foreach (var call in calls)
            Command("INSERT INTO request(k, t, step, ino) VALUES ($1, $2, $3, $4)").Add(call.Key).Add(call.Time).Add(call.Step).Add(call.Number).Queue();
    }

    public void AddEvents(IReadOnlyList<CatalogEvent> events)
    {
        foreach (var e in events)
        {
            Command("INSERT INTO event(seq, t, kind, pid, parent, name, uid, info) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
                .Add(Transaction.NextNumber()).Add(e.Time).Add((long)e.Kind).Add(e.Pid.ToBytes()).Add(e.Parent.ToBytes()).Add(e.Name).Add(e.Uid).Add(e.Info).Queue();
        }
    }

    public override void Begin()
    {
        base.Begin();
        Transaction.Reset(isRolledBack: false);
    }

    public override void Commit()
    {
        if (_isWriter)
            Transaction.Finish();
        base.Commit();
        if (Transaction.HasNews)
            Transaction.Shared.Announce();
        Transaction.Reset(isRolledBack: false);
    }

    public override void Rollback()
    {
        base.Rollback();
        Transaction.Reset(isRolledBack: true);
    }
}
