namespace Pentode.Locks.Stores.Postgres;

/// <summary>What an acknowledged write of locks must survive.</summary>
public enum PostgresDurability
{
    /// <summary>A crash of the database server.</summary>
    Local,

    /// <summary>The loss of the database server's machine: needs synchronous replication, else nothing is served.</summary>
    Cluster,
}
