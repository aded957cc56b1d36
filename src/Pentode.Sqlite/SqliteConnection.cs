using SQLitePCL;

namespace Pentode.Sqlite;

/// <summary>One connection with its prepared statements. Used by one thread at a time. Calls throw <see cref="SqliteException"/>.</summary>
public sealed class SqliteConnection : IDisposable
{
    private const int CacheWrites = 9;
    private readonly sqlite3 _database;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    private SqliteConnection(sqlite3 database, string path)
    {
        _database = database;
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Rows changed since the connection was opened.</summary>
    public long TotalChanges => (uint)raw.sqlite3_total_changes(_database);

    /// <summary>True between BEGIN and COMMIT or ROLLBACK.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_database) == 0;

    /// <summary>Opens, creating the file when <paramref name="isWriter"/>.</summary>
    public static SqliteConnection Open(string path, bool isWriter, SqliteOptions options)
    {
        SqliteLibrary.Require();
        var flags = raw.SQLITE_OPEN_NOMUTEX | (isWriter ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READWRITE);
        var code = raw.sqlite3_open_v2(path, out var database, flags, null);
        if (code != raw.SQLITE_OK)
        {
            database?.Dispose();
            throw new SqliteException(code, "cannot open the file");
        }

        var connection = new SqliteConnection(database, path);
        try
        {
            raw.sqlite3_extended_result_codes(database, 1);
            raw.sqlite3_busy_timeout(database, 5000);
            if (isWriter)
                connection.Execute("PRAGMA page_size=8192");
            connection.Execute("PRAGMA journal_mode=WAL");
            connection.Execute(isWriter && !options.IsRelaxed ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
            connection.Execute("PRAGMA foreign_keys=ON");
            connection.Execute("PRAGMA temp_store=MEMORY");
            connection.Execute($"PRAGMA cache_size=-{options.CacheKib}");
            connection.Execute($"PRAGMA mmap_size={options.MappedBytes}");
            connection.Execute("PRAGMA wal_autocheckpoint=0");
            if (!isWriter)
                connection.Execute("PRAGMA query_only=ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The statement of that text, prepared at its first use.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
            return statement;
        const uint persistent = 1;
        if (raw.sqlite3_prepare_v3(_database, sql, persistent, out var handle) != raw.SQLITE_OK)
            throw Failure();
        var isChange = sql.AsSpan().TrimStart() is var text && !text.StartsWith("SELECT", StringComparison.Ordinal) && !text.StartsWith("WITH", StringComparison.Ordinal);
        statement = new SqliteStatement(_database, handle, isChange);
        _statements.Add(sql, statement);
        return statement;
    }

    /// <summary>Runs statements without parameters.</summary>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(_database, sql) != raw.SQLITE_OK)
            throw Failure();
    }

    /// <summary>Ends a transaction without its changes, if there is one.</summary>
    public void Rollback()
    {
        foreach (var statement in _statements.Values)
            statement.Reset();
        if (IsInTransaction)
            raw.sqlite3_exec(_database, "ROLLBACK");
    }

    /// <summary>Bytes written by this connection since the last call.</summary>
    public long TakeWrittenBytes()
    {
        raw.sqlite3_db_status(_database, CacheWrites, out var pages, out _, 1);
        return pages * 8192L;
    }

    /// <summary>Copies the write-ahead log into the file as far as readers allow; with <paramref name="all"/> waits for them and empties the log. False when some is left.</summary>
    public bool Checkpoint(bool all)
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_database, "main", all ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE, out var frames, out var done);
        return code == raw.SQLITE_OK && frames == done;
    }

    /// <summary>Copies the database, as of one moment, to a new file; other connections go on.</summary>
    public void BackUp(string path)
    {
        var code = raw.sqlite3_open_v2(path, out var target, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, null);
        using (target)
        {
            if (code != raw.SQLITE_OK)
                throw new SqliteException(code, "cannot open the copy");
            using var backup = raw.sqlite3_backup_init(target, "main", _database, "main");
            if (backup is null || backup.IsInvalid)
                throw new SqliteException(raw.sqlite3_errcode(target), raw.sqlite3_errmsg(target).utf8_to_string());
            code = raw.sqlite3_backup_step(backup, -1);
            if (code != raw.SQLITE_DONE)
                throw new SqliteException(code, "cannot copy the database");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Close();
        _statements.Clear();
        _database.Dispose();
    }

    private SqliteException Failure() => new(raw.sqlite3_extended_errcode(_database), raw.sqlite3_errmsg(_database).utf8_to_string());
}
