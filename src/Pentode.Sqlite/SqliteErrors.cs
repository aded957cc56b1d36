using Pentode.Core;
using SQLitePCL;

namespace Pentode.Sqlite;

/// <summary>The one conversion of SQLite result codes.</summary>
public static class SqliteErrors
{
    /// <summary>SQLITE_READONLY_DBMOVED: the file was replaced under the connection.</summary>
    private const int ReadOnlyDatabaseMoved = 1032;

    /// <summary>Error number of a primary or extended result code.</summary>
    public static Errno ToErrno(int code) => code switch
    {
        ReadOnlyDatabaseMoved => Errno.EIO,
        _ => (code & 0xFF) switch
        {
            raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE => Errno.None,
            raw.SQLITE_FULL => Errno.ENOSPC,
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => Errno.EAGAIN,
            raw.SQLITE_READONLY => Errno.EROFS,
            raw.SQLITE_NOMEM => Errno.ENOMEM,
            raw.SQLITE_PERM or raw.SQLITE_AUTH => Errno.EACCES,
            raw.SQLITE_TOOBIG => Errno.EFBIG,
            raw.SQLITE_INTERRUPT => Errno.EINTR,
            _ => Errno.EIO,
        },
    };
}
