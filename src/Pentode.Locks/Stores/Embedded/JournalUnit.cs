using Pentode.Core;
using Pentode.Sqlite;

namespace Pentode.Locks.Stores.Embedded;

/// <summary>The journal's statements on one connection.</summary>
internal sealed class JournalUnit(SqliteConnection connection, bool isWriter, SqliteOptions options) : SqliteUnit(connection, isWriter, options)
{
    /// <summary>Makes the keys what a transaction made them.</summary>
    internal Result<bool> Write(IReadOnlyList<StoreWrite> writes, long revision)
    {
        foreach (var write in writes)
        {
            if (write.Value is { } value)
                Connection.Prepare("INSERT INTO entries VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3").Start().Add(write.Key.Bytes).Add(value).Add(revision).Run();
            else
                Connection.Prepare("DELETE FROM entries WHERE key = ?1").Start().Add(write.Key.Bytes).Run();
        }

        return true;
    }

    /// <summary>Begins a new life of the store: its number, greater than every one before.</summary>
    internal static long NextEpoch(SqliteConnection connection)
    {
        connection.Execute("UPDATE epoch SET value = value + 1");
        return connection.Prepare("SELECT value FROM epoch").Start().Scalar() ?? throw new SqliteOpenException($"{connection.Path}: the journal has no epoch");
    }

    internal static List<StoreEntry> ReadAll(SqliteConnection connection)
    {
        var entries = new List<StoreEntry>();
        var query = connection.Prepare("SELECT key, value, revision FROM entries").Start();
        while (query.Step())
            entries.Add(new StoreEntry(new StoreKey(query.Bytes(0).ToArray()), query.Bytes(1).ToArray(), query.Int64(2)));
        return entries;
    }
}
