namespace Pentode.Sqlite;

/// <summary>A database that cannot be opened, with a message for users.</summary>
public sealed class SqliteOpenException : Exception
{
    /// <summary>Creates it.</summary>
    public SqliteOpenException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
