using System.Text;
using Pentode.Core;
using SQLitePCL;

namespace Pentode.Sqlite;

/// <summary>
/// A prepared statement, owned and cached by its <see cref="SqliteConnection"/>. Use: <see cref="Start"/>, one <c>Add</c> per parameter in order, then <see cref="Run"/>,
/// or <see cref="Step"/> until false; spans are valid until the next step. A statement that is not stepped to its end needs <see cref="Reset"/>.
/// </summary>
public sealed class SqliteStatement
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly bool _isChange;
    private int _next;

    internal SqliteStatement(sqlite3 database, sqlite3_stmt statement, bool isChange)
    {
        _database = database;
        _statement = statement;
        _isChange = isChange;
    }

    /// <summary>Begins a new execution.</summary>
    public SqliteStatement Start()
    {
        raw.sqlite3_reset(_statement);
        _next = 1;
        return this;
    }

    /// <summary>Next parameter: an integer.</summary>
    public SqliteStatement Add(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, _next++, value));
        return this;
    }

    /// <summary>Next parameter: an integer or NULL.</summary>
    public SqliteStatement Add(long? value) => value is { } number ? Add(number) : AddNull();

    /// <summary>Next parameter: bytes (copied).</summary>
    public SqliteStatement Add(ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, _next++, 0) : raw.sqlite3_bind_blob(_statement, _next++, value));
        return this;
    }

    /// <summary>Next parameter: text.</summary>
    public SqliteStatement AddText(string value)
    {
        Check(raw.sqlite3_bind_text(_statement, _next++, value));
        return this;
    }

    /// <summary>Next parameter: NULL.</summary>
    public SqliteStatement AddNull()
    {
        Check(raw.sqlite3_bind_null(_statement, _next++));
        return this;
    }

    /// <summary>True with a row; false at the end, where the statement is ready for <see cref="Start"/>.</summary>
    public bool Step()
    {
        if (_isChange && SqliteFaults.Step.Check() is var fault && fault != Errno.None)
            throw new SqliteException(fault == Errno.ENOSPC ? raw.SQLITE_FULL : raw.SQLITE_IOERR, "injected");
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
            return true;
        raw.sqlite3_reset(_statement);
        if (code != raw.SQLITE_DONE)
            throw new SqliteException(raw.sqlite3_extended_errcode(_database), raw.sqlite3_errmsg(_database).utf8_to_string());
        return false;
    }

    /// <summary>Executes to the end; returns the rows changed.</summary>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_database);
    }

    /// <summary>The one integer of the one row, or null without a row.</summary>
    public long? Scalar()
    {
        if (!Step())
            return null;
        var value = IsNull(0) ? (long?)null : Int64(0);
        Reset();
        return value;
    }

    /// <summary>Ends an execution before its last row.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    /// <summary>True when the column is NULL.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    /// <summary>Integer column.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>Bytes column, valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>Text column.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    internal void Close() => raw.sqlite3_finalize(_statement);

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw new SqliteException(code, raw.sqlite3_errmsg(_database).utf8_to_string());
    }
}
