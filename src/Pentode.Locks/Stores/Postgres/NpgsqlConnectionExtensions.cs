using Npgsql;

namespace Pentode.Locks.Stores.Postgres;

/// <summary>Short forms for single statements.</summary>
internal static class NpgsqlConnectionExtensions
{
    /// <summary>The first column of the first row; null for SQL's null.</summary>
    public static async Task<object?> ScalarAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        using var command = new NpgsqlCommand(sql, connection);
        var value = await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
        return value is DBNull ? null : value;
    }
}
