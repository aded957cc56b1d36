using Npgsql;

namespace Pentode.Locks.Stores.Postgres;

/// <summary>The one place that turns failures of PostgreSQL and of the connection into outcomes.</summary>
internal static class PostgresErrors
{
    /// <summary>True when the whole transaction was rolled back for reasons of timing and may be sent again.</summary>
    public static bool IsRolledBackByChance(Exception e) => e is PostgresException { SqlState: "40001" or "40P01" };

    /// <summary>The outcome of a call that failed.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="sent">True when the statement may have reached the server.</param>
    /// <param name="isRead">True when it writes nothing.</param>
    public static StoreOutcome Outcome(Exception e, bool sent, bool isRead)
    {
        if (e is PostgresException { SqlState: { } state })
        {
            return state switch
            {
                // The server is going away: it may end a transaction that has committed already but still waits for its standby.
                "57P01" or "57P02" => sent && !isRead ? StoreOutcome.Unknown : StoreOutcome.Unavailable,

                // Read-only transaction or standby; disk full. Reads count as unavailable: what a standby says may be old.
                "25006" or "53100" => isRead ? StoreOutcome.Unavailable : StoreOutcome.ReadOnly,

                // Credentials, no such database, missing rights or functions, replication not as demanded.
                PostgresSchema.NotDurable => StoreOutcome.Refused,
                _ when state.StartsWith("28", StringComparison.Ordinal) || state.StartsWith("3D", StringComparison.Ordinal) || state.StartsWith("42", StringComparison.Ordinal)
                    || state.StartsWith("3F", StringComparison.Ordinal) => StoreOutcome.Refused,

                // Every other error of a statement rolls it back.
                _ => StoreOutcome.Unavailable,
            };
        }

        return sent && !isRead ? StoreOutcome.Unknown : StoreOutcome.Unavailable;
    }

    /// <summary>The failure in words, with the SQLSTATE when there is one.</summary>
    public static string Describe(Exception e) => e switch
    {
        PostgresException p => $"{p.MessageText} ({p.SqlState})",
        NpgsqlException { InnerException: { } inner } => $"{e.Message}: {inner.Message}",
        OperationCanceledException => "no answer in time",
        _ => e.Message,
    };
}
