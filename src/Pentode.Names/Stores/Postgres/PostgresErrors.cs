using System.Net.Sockets;
using Npgsql;
using Pentode.Core;

namespace Pentode.Names.Stores.Postgres;

/// <summary>The one conversion of PostgreSQL failures (appendix A of its manual: classes and codes).</summary>
internal static class PostgresErrors
{
    /// <summary>Error number, and whether the same work may succeed when tried again; None for what is not a failure of the database.</summary>
    public static Errno Explain(Exception exception, out bool isTransient)
    {
        isTransient = false;
        switch (exception)
        {
            case PostgresException e:
                var error = OfState(e.SqlState);
                isTransient = error == Errno.EAGAIN;
                return error;
            case NpgsqlException or SocketException or IOException or TimeoutException:
                isTransient = true;
                return Errno.EAGAIN;
            default:
                return Errno.None;
        }
    }

    private static Errno OfState(string state) => state switch
    {
        "53100" => Errno.ENOSPC,
        "25006" => Errno.EROFS,
        "42501" => Errno.EACCES,
        "54000" => Errno.EFBIG,

        // Serialization, deadlock, lock not available; a key somebody else took or removed between our look and our insert; going down or coming up; no connection, no room.
        "40001" or "40P01" or "55P03" or "23503" or "23505" => Errno.EAGAIN,
        _ when state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal) => Errno.EAGAIN,
        _ => Errno.EIO,
    };
}
