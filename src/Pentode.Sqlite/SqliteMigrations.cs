using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Pentode.Sqlite;

/// <summary>
/// Numbered schema steps: embedded resources <c>PREFIX.0001_words.sql</c>, applied in order, one transaction each, recorded with their checksum in table
/// <c>schema_version</c>. A file with an unknown step or another text of a known one is refused.
/// </summary>
public static class SqliteMigrations
{
    /// <summary>Brings the database up to the newest step; returns its number.</summary>
    public static int Apply(SqliteConnection connection, Assembly assembly, string prefix, DateTimeOffset now)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS schema_version(version INTEGER PRIMARY KEY, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
        var applied = new Dictionary<long, string>();
        var query = connection.Prepare("SELECT version, checksum FROM schema_version").Start();
        while (query.Step())
            applied.Add(query.Int64(0), query.Text(1));
        var version = 0;
        foreach (var (number, text) in Steps(assembly, prefix))
        {
            version = number;
            var checksum = Checksum(text);
            if (applied.Remove(number, out var known))
            {
                if (known != checksum)
                    throw new SqliteOpenException($"{connection.Path}: schema step {number} is not the one this program has: the file was made by another build");
                continue;
            }

            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                connection.Execute(text);
                connection.Prepare("INSERT INTO schema_version VALUES (?1, ?2, ?3)").Start().Add(number).AddText(checksum).Add(now.ToUnixTimeSeconds()).Run();
                connection.Execute("COMMIT");
            }
            catch
            {
                connection.Rollback();
                throw;
            }
        }

        return applied.Count == 0
            ? version
            : throw new SqliteOpenException($"{connection.Path}: schema version {applied.Keys.Max()} is newer than {version}, the newest this program knows: use a newer program");
    }

    /// <summary>The steps in order.</summary>
    public static IEnumerable<(int Number, string Text)> Steps(Assembly assembly, string prefix)
    {
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(prefix + ".", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            yield return (int.Parse(name.AsSpan(prefix.Length + 1, 4)), reader.ReadToEnd());
        }
    }

    /// <summary>Checksum of the text of a step, as recorded.</summary>
    public static string Checksum(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
