using Pentode.Core;

namespace Pentode.Sqlite;

/// <summary>A result code other than OK, ROW and DONE. Never leaves <see cref="SqliteDatabase"/>, which returns <see cref="Error"/>.</summary>
public sealed class SqliteException : Exception
{
    /// <summary>Creates it from an extended result code.</summary>
    public SqliteException(int code, string message)
        : base($"{message} (SQLite {code})")
    {
        Code = code;
    }

    /// <summary>Extended result code.</summary>
    public int Code { get; }

    /// <summary>The error number users of the database get.</summary>
    public Errno Error => SqliteErrors.ToErrno(Code);
}
