namespace Pentode.Locks.Stores.Postgres;

/// <summary>How to reach the database that holds locks.</summary>
public sealed record PostgresOptions
{
    /// <summary>Npgsql connection string; several hosts may be named (<c>Host=a,b</c>), the primary among them serves.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>What a write must survive.</summary>
    public PostgresDurability Durability { get; init; }

    /// <summary>Time for one call, connecting included.</summary>
    public int CallTimeoutMs { get; init; } = 2000;

    /// <summary>The listening connection is tried this often while nothing happens.</summary>
    public int ListenCheckMs { get; init; } = 2000;
}
