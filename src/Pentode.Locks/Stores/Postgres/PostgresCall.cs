using Npgsql;

namespace Pentode.Locks.Stores.Postgres;

/// <summary>What is known of one statement under way.</summary>
internal sealed class PostgresCall
{
    /// <summary>True once the statement may have reached the server.</summary>
    public volatile bool IsSent;

    /// <summary>
    /// A warning of the server, or null. The one that matters: "canceling wait for synchronous replication" comes with a commit that looks like
    /// success but is on one machine only.
    /// </summary>
    public volatile string? Warning;

    /// <summary>Takes notices of the connection.</summary>
    public void OnNotice(object sender, NpgsqlNoticeEventArgs e)
    {
        if (e.Notice.InvariantSeverity == "WARNING")
            Warning = e.Notice.MessageText;
    }
}
