using System.Data;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Pentode.Core;
using Pentode.Core.Commits;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores.Postgres;

/// <summary>
/// A PostgreSQL connection with the catalog transaction that is open on it. A group of changes takes two round trips: one asks for all rows its jobs named in their hints, locked in
/// the order of their numbers; the other carries every statement of the jobs and the commit. A connection that is lost in a commit is asked afterwards, by the number of the
/// transaction, whether it took place.
/// </summary>
internal sealed class PostgresUnit : ICommitUnit, IRowSession
{
    /// <summary>Statements sent in one go at most.</summary>
    private const int MaximumQueued = 1000;

    /// <summary>How long a commit whose outcome is not known is asked for.</summary>
    private const int OutcomeSeconds = 30;

    /// <summary>Advisory locks: moving directories, numbering events.</summary>
    private const string LockRenamesSql = "SELECT pg_advisory_xact_lock(1886543471, 1)";

    private const string LockEventsSql = "SELECT pg_advisory_xact_lock(1886543471, 2)";

    private readonly NpgsqlDataSource _source;
    private readonly bool _isWriter;
    private readonly List<NpgsqlBatchCommand> _queued = [];
    private NpgsqlConnection? _connection;
    private string? _transactionId;
    private bool _isOpen;

    public PostgresUnit(NpgsqlDataSource source, bool isWriter, CatalogShared shared, ushort storeNumber)
    {
        _source = source;
        _isWriter = isWriter;
        Transaction = new CatalogTransaction(this, shared, storeNumber, isWriter);
    }

    public CatalogTransaction Transaction { get; }

    public string ForUpdate => " FOR UPDATE";

    public long Changes => Transaction.Changes;

    public void Begin()
    {
        Connect();
        _queued.Clear();
        _transactionId = null;
        Transaction.Reset(isRolledBack: false);
        if (_isWriter)
            Start("BEGIN");
    }

    public void Prepare(IReadOnlyList<object?> hints)
    {
        if (!_isWriter)
            return;
        var wanted = hints.OfType<CatalogHint>().ToArray();
        var numbers = wanted.SelectMany(h => h.Numbers).Distinct().Order().ToArray();
        var names = wanted.SelectMany(h => h.Names).ToArray();
        var calls = wanted.Select(h => h.Call).OfType<byte[]>().ToArray();
        if (numbers.Length == 0)
            return;
        _queued.Add(new NpgsqlBatchCommand("SELECT pg_current_xact_id()::text"));
        _queued.Add(new NpgsqlBatchCommand($"SELECT {InodeRow.Columns} FROM inode i WHERE i.ino = ANY ($1) ORDER BY i.ino FOR UPDATE") { Parameters = { PostgresRows.Array(numbers) } });

        // A statement sees what was committed before it started: the entries of a directory are read after its row is locked, and so is whether a call was done elsewhere.
        if (calls.Length > 0)
            _queued.Add(new NpgsqlBatchCommand("SELECT k, t, step, ino FROM request WHERE k = ANY ($1)") { Parameters = { PostgresRows.Array(calls) } });
        const string keys = "FROM unnest($1, $2) AS k(parent, name) JOIN dirent e ON e.parent = k.parent AND e.name = k.name";
        _queued.Add(new NpgsqlBatchCommand($"SELECT e.parent, e.name, e.child, e.cookie {keys}") { Parameters = { Parents(), Names() } });
        using var reader = Send(new NpgsqlBatchCommand($"SELECT {InodeRow.Columns} FROM inode i WHERE i.ino IN (SELECT e.child {keys}) ORDER BY i.ino FOR UPDATE")
        {
            Parameters = { Parents(), Names() },
        });
        reader.Read();
        _transactionId = reader.GetString(0);
        reader.NextResult();
        ReadInodes(reader);
        if (calls.Length > 0)
            ReadCalls(reader, calls);
        reader.NextResult();
        while (reader.Read())
            Transaction.Remember(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), new CatalogLink(reader.GetInt64(2), reader.GetInt64(3)));
        foreach (var name in names)
            Transaction.Remember(name.Parent, name.Name, null);
        reader.NextResult();
        ReadInodes(reader);

        NpgsqlParameter Parents() => PostgresRows.Array(names.Select(n => n.Parent));

        NpgsqlParameter Names() => PostgresRows.Array(names.Select(n => n.Name));
    }

    public void Commit()
    {
        if (_isWriter)
        {
            CommitChanges();
        }
        else if (_isOpen)
        {
            Send(new NpgsqlBatchCommand("COMMIT")).Dispose();
        }

        _isOpen = false;
        Transaction.Reset(isRolledBack: false);
    }

    public void Rollback()
    {
        _queued.Clear();
        Transaction.Reset(isRolledBack: true);
        try
        {
            if (_isOpen && _connection is { State: ConnectionState.Open })
                Send(new NpgsqlBatchCommand("ROLLBACK")).Dispose();
        }
        catch (Exception e) when (PostgresErrors.Explain(e, out _) != Errno.None || e is InvalidOperationException)
        {
            Disconnect();
        }

        _isOpen = false;
    }

    public Errno Explain(Exception exception, out bool isTransient) => PostgresErrors.Explain(exception, out isTransient);

    public void Idle()
    {
        // The database keeps its house itself.
    }

    public void Dispose() => Disconnect();

    public RowCommand Command(string sql) => new PostgresRowCommand(this, sql);

    public long ReserveNumbers(int count) => Command("SELECT nextval('number_seq')").Scalar()!.Value;

    public void SkipNumbers(long first) => Command("SELECT setval('number_seq', GREATEST((SELECT last_value FROM number_seq), $1))").Add(first).Scalar();

    public void Snapshot() => Start("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

    public void LockRenames() => Command(LockRenamesSql).Any();

    public void AddInodes(IReadOnlyList<CatalogInode> inodes) => _queued.Add(PostgresRows.Insert(inodes));

    public void AddEntries(IReadOnlyList<(CatalogName Name, CatalogLink Link)> entries) => _queued.Add(PostgresRows.Insert(entries));

    public void AddCalls(IReadOnlyCollection<CatalogCall> calls) => _queued.Add(PostgresRows.Insert(calls));

    public void AddEvents(IReadOnlyList<CatalogEvent> events)
    {
        // Held until the commit is done: who reads events after a number misses none below it.
        _queued.Add(new NpgsqlBatchCommand(LockEventsSql));
        _queued.Add(PostgresRows.Insert(events));
        _queued.Add(new NpgsqlBatchCommand("NOTIFY " + PostgresCatalog.Channel));
    }

    /// <summary>Keeps a statement for the next <see cref="Send"/>.</summary>
    public void Queue(NpgsqlBatchCommand command)
    {
        _queued.Add(command);
        if (_queued.Count >= MaximumQueued)
            Send(null).Dispose();
    }

    /// <summary>Sends what is queued and a statement; the reader is at its rows when none before it gives rows.</summary>
    public NpgsqlDataReader Send(NpgsqlBatchCommand? last)
    {
        _ = PostgresFaults.Send.Check();
        if (last is not null)
            _queued.Add(last);
        using var batch = new NpgsqlBatch(_connection);
        foreach (var command in _queued)
            batch.BatchCommands.Add(command);
        _queued.Clear();
        return batch.ExecuteReader();
    }

    private void Start(string sql)
    {
        _isOpen = true;
        _queued.Add(new NpgsqlBatchCommand(sql));
    }

    private void CommitChanges()
    {
        // The number by which to ask for the outcome; before events are queued, whose lock gives a row too.
        var id = _transactionId ??= Command("SELECT pg_current_xact_id()::text").First(static r => r.Text(0))!;
        Transaction.Finish();
        try
        {
            Send(new NpgsqlBatchCommand("COMMIT")).Dispose();
        }
        catch (Exception e) when (e is PostgresException answer ? answer.SqlState.StartsWith("57P", StringComparison.Ordinal) : PostgresErrors.Explain(e, out _) != Errno.None)
        {
            if (!IsCommitted(id))
                throw;
        }

        if (Transaction.HasNews)
            Transaction.Shared.Announce();
    }

    /// <summary>Whether a transaction took place whose commit got no answer.</summary>
    private bool IsCommitted(string id)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Disconnect();
                Connect();
                using var command = new NpgsqlCommand("SELECT pg_xact_status($1::text::xid8)", _connection);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
                if (command.ExecuteScalar() is string and not "in progress" and var status)
                    return status == "committed";
            }
            catch (Exception e) when (PostgresErrors.Explain(e, out var isTransient) != Errno.None && isTransient)
            {
                // Asked again below.
            }

            if (watch.Elapsed > TimeSpan.FromSeconds(OutcomeSeconds))
                throw new CommitFailedException(Errno.EIO, "the database does not say whether a commit took place", isUncertain: true);
            using var pause = new ManualResetEventSlim();
            pause.Wait(50);
        }
    }

    private void ReadInodes(NpgsqlDataReader reader)
    {
        var row = new PostgresRow(reader);
        while (reader.Read())
            Transaction.Remember(InodeRow.Read(row));
    }

    private void ReadCalls(NpgsqlDataReader reader, byte[][] wanted)
    {
        reader.NextResult();
        while (reader.Read())
            Transaction.RememberCall(reader.GetFieldValue<byte[]>(0), new CatalogCall(reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), (int)reader.GetInt64(2), reader.GetInt64(3)));
        foreach (var key in wanted)
            Transaction.RememberCall(key, null);
    }

    private void Connect()
    {
        if (_connection is { State: ConnectionState.Open })
            return;
        Disconnect();
        _connection = _source.OpenConnection();
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
        _isOpen = false;
    }
}
