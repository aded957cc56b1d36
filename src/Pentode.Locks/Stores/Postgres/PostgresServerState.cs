using Npgsql;

namespace Pentode.Locks.Stores.Postgres;

/// <summary>What a server says of itself.</summary>
/// <param name="Number">server_version_num, for example 150012.</param>
/// <param name="Version">server_version.</param>
/// <param name="IsStandby">True in recovery.</param>
/// <param name="SynchronousNames">synchronous_standby_names.</param>
/// <param name="SynchronousStandbys">Standbys that stream and are synchronous now, as far as our rights show them.</param>
/// <param name="IsReadOnly">default_transaction_read_only.</param>
/// <param name="HasFsync">fsync.</param>
internal sealed record PostgresServerState(
    int Number, string Version, bool IsStandby, string SynchronousNames, long SynchronousStandbys, bool IsReadOnly, bool HasFsync)
{
    /// <summary>Asks.</summary>
    public static async Task<PostgresServerState> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        using var command = new NpgsqlCommand(PostgresSchema.Probe, connection);
        var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            return new PostgresServerState(
                reader.GetInt32(0), reader.GetString(1), reader.GetBoolean(2), reader.GetString(3), reader.GetInt64(4), reader.GetBoolean(5), reader.GetBoolean(6));
        }
    }

    /// <summary>Why locks must not run here; null when they may.</summary>
    public string? Refusal(PostgresDurability durability)
    {
        if (Number < PostgresSchema.MinimumServer)
            return $"PostgreSQL {Version} is too old: 13 or newer is needed";
        return durability == PostgresDurability.Cluster && SynchronousNames.Length == 0
            ? "durability: cluster needs synchronous replication: set synchronous_standby_names on the primary, or say durability: local"
            : null;
    }

    /// <summary>What an operator should know.</summary>
    public IReadOnlyList<string> Warnings(PostgresDurability durability)
    {
        var warnings = new List<string>();
        if (!HasFsync)
            warnings.Add("fsync is off: a crash of the server may lose locks that are held");
        if (durability == PostgresDurability.Cluster && SynchronousNames.Length > 0 && SynchronousStandbys == 0 && !IsStandby)
            warnings.Add("no synchronous standby streams at this moment (or the user may not see it: grant pg_monitor)");
        return warnings;
    }
}
