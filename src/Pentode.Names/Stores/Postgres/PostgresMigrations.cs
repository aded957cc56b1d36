using Npgsql;
using Pentode.Sqlite;

namespace Pentode.Names.Stores.Postgres;

/// <summary>Numbered schema steps, as <see cref="SqliteMigrations"/>; daemons that start at the same time wait for one another.</summary>
internal static class PostgresMigrations
{
    private const string Prefix = "Pentode.Names.Stores.Postgres.Migrations";

    public static async Task Apply(NpgsqlConnection connection, DateTimeOffset now)
    {
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await Execute(connection, "SELECT pg_advisory_xact_lock(1886543471, 0)").ConfigureAwait(false);
        await Execute(connection, "CREATE TABLE IF NOT EXISTS schema_version(version BIGINT PRIMARY KEY, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)").ConfigureAwait(false);
        var applied = new Dictionary<long, string>();
        await using (var query = new NpgsqlCommand("SELECT version, checksum FROM schema_version", connection))
        await using (var rows = await query.ExecuteReaderAsync().ConfigureAwait(false))
        {
            while (await rows.ReadAsync().ConfigureAwait(false))
                applied.Add(rows.GetInt64(0), rows.GetString(1));
        }

        var newest = 0;
        foreach (var (number, text) in SqliteMigrations.Steps(typeof(PostgresMigrations).Assembly, Prefix))
        {
            newest = number;
            var checksum = SqliteMigrations.Checksum(text);
            if (applied.Remove(number, out var known))
            {
                if (known != checksum)
                    throw new SqliteOpenException($"schema step {number} is not the one this program has: the database was made by another build");
                continue;
            }

            await Execute(connection, text).ConfigureAwait(false);
            await using var record = new NpgsqlCommand("INSERT INTO schema_version VALUES ($1, $2, $3)", connection);
            record.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
            record.Parameters.Add(new NpgsqlParameter<string> { TypedValue = checksum });
            record.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now.ToUnixTimeSeconds() });
            await record.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        if (applied.Count > 0)
            throw new SqliteOpenException($"schema version {applied.Keys.Max()} is newer than {newest}, the newest this program knows: use a newer program");
        await transaction.CommitAsync().ConfigureAwait(false);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
