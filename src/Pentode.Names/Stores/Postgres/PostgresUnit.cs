using System.Buffers.Binary;
using System.Data;
using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Pentode.Core;
using Pentode.Core.Commits;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores.Postgres;

/// <summary>
/// A PostgreSQL connection with the catalog transaction that is open on it. A group of changes takes two round trips: one asks for all rows its jobs named in their hints, locked in
/// the order of their numbers; the other carries every statement of the jobs and the commit. Each connection that writes has a row of its own that counts its transactions, changed by every
/// one before its commit is sent: when the connection is lost in a commit, that row tells whether it took place.
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

    private const string TurnSql = "UPDATE writer SET turn = turn + 1, t = now() WHERE id = $1 RETURNING turn";

    private readonly NpgsqlDataSource _source;
    private readonly bool _isWriter;
    private readonly List<NpgsqlBatchCommand> _queued = [];
    private NpgsqlConnection? _connection;
    private long _writer;
    private long _turn;
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
        _turn = 0;
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
        var isFirst = _turn == 0;
        if (isFirst)
            _queued.Add(new NpgsqlBatchCommand(TurnSql) { Parameters = { new NpgsqlParameter<long> { TypedValue = _writer } } });
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
        if (isFirst)
        {
            TakeTurn(reader.Read() ? reader.GetInt64(0) : null);
            reader.NextResult();
        }

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
        // Before events are queued, whose lock gives a row too.
        if (_turn == 0)
            TakeTurn(Command(TurnSql).Add(_writer).Scalar());
        var (writer, turn) = (_writer, _turn);
        Transaction.Finish();
        try
        {
            Send(new NpgsqlBatchCommand("COMMIT")).Dispose();
        }
        catch (Exception e) when (IsUnanswered(e))
        {
            if (!IsCommitted(writer, turn))
                throw;
        }

        if (Transaction.HasNews)
            Transaction.Shared.Announce();
    }

    /// <summary>The row of this writer is changed, and so locked until the transaction ends; one that was away for days may have to make it again.</summary>
    private void TakeTurn(long? turn)
    {
        if (turn is { } number)
        {
            _turn = number;
            return;
        }

        _writer = 0;
        throw new CommitFailedException(Errno.EAGAIN, "the row of the writer is gone", isTransient: true);
    }

    /// <summary>An error of a statement says that nothing took place; the end of the session, of the server, or of the way there says nothing.</summary>
    private static bool IsUnanswered(Exception e) => e is PostgresException answer
        ? answer.InvariantSeverity != "ERROR" || answer.SqlState.StartsWith("08", StringComparison.Ordinal)
        : PostgresErrors.Explain(e, out _) != Errno.None;

    /// <summary>
    /// Whether a transaction took place whose commit got no answer. Its backend may be at it still: it has the row locked until it is through. The number of the transaction would not
    /// do: a server that crashed gives those that did not reach its log out again.
    /// </summary>
    private bool IsCommitted(long writer, long turn)
    {
        var watch = Stopwatch.StartNew();
        Disconnect();
        while (true)
        {
            try
            {
                Connect();
                using var command = new NpgsqlCommand("SELECT turn FROM writer WHERE id = $1 FOR UPDATE NOWAIT", _connection);
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = writer });
                return command.ExecuteScalar() is long last && last >= turn;
            }
            catch (Exception e) when (PostgresErrors.Explain(e, out _) != Errno.None)
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
        if (_connection is not { State: ConnectionState.Open })
        {
            Disconnect();
            _connection = _source.OpenConnection();
        }

        if (_isWriter && _writer == 0)
            Enroll();
    }

    private void Enroll()
    {
        var id = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long))) | 1;
        using var insert = new NpgsqlCommand("INSERT INTO writer VALUES ($1, 0, now())", _connection);
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        insert.ExecuteNonQuery();
        _writer = id;
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
        _isOpen = false;
        _writer = 0;
    }
}
