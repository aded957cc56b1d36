using System.Reflection;
using Pentode.Core;
using Pentode.Core.Commits;

namespace Pentode.Sqlite;

/// <summary>
/// One SQLite file owned by this process: one thread that writes with group commit, a few that read (named <c>sqlite-write PATH-0</c>, <c>sqlite-read PATH-n</c>). Jobs get the unit of their thread; what they
/// return completes after the commit. Reads see every change that completed before they were asked for.
/// </summary>
/// <typeparam name="TUnit">What jobs work with.</typeparam>
public sealed class SqliteDatabase<TUnit> : IDisposable
    where TUnit : SqliteUnit
{
    private readonly FileStream _lock;
    private readonly CommitLoop<TUnit> _writer;
    private readonly CommitLoop<TUnit> _readers;

    private SqliteDatabase(FileStream fileLock, string path, CommitLoop<TUnit> writer, CommitLoop<TUnit> readers)
    {
        _lock = fileLock;
        Path = path;
        _writer = writer;
        _readers = readers;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Transactions committed.</summary>
    public long Commits => _writer.Commits;

    /// <summary>Changes completed.</summary>
    public long Writes => _writer.Jobs;

    /// <summary>Reads completed.</summary>
    public long Reads => _readers.Jobs;

    /// <summary>
    /// Opens or creates the file (mode 0600) and brings its schema up to date with the steps embedded under <paramref name="migrations"/>. <paramref name="prepare"/> runs once on the
    /// writing connection before anything else. Throws <see cref="SqliteOpenException"/> when the file is in use, damaged, newer or not accessible.
    /// </summary>
#pragma warning disable CA1000 // The type of the unit is part of what is opened: it cannot be inferred.
    public static SqliteDatabase<TUnit> Open(
#pragma warning restore CA1000
        string path, SqliteOptions options, Assembly assembly, string migrations, DateTimeOffset now, Action<SqliteConnection> prepare, Func<SqliteConnection, bool, TUnit> unit)
    {
        var fileLock = Lock(path);
        var connections = new List<SqliteConnection>();
        try
        {
            if (!File.Exists(path))
                new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }).Dispose();
            var writer = SqliteConnection.Open(path, isWriter: true, options);
            connections.Add(writer);
            SqliteMigrations.Apply(writer, assembly, migrations, now);
            prepare(writer);
            for (var i = 0; i < options.Readers; i++)
                connections.Add(SqliteConnection.Open(path, isWriter: false, options));
            return new SqliteDatabase<TUnit>(
                fileLock,
                path,
                new CommitLoop<TUnit>($"sqlite-write {path}", [unit(writer, true)], options.QueueLength, options.Group),
                new CommitLoop<TUnit>($"sqlite-read {path}", [.. connections.Skip(1).Select(c => unit(c, false))], options.QueueLength, 1));
        }
        catch (Exception e)
        {
            foreach (var connection in connections)
                connection.Dispose();
            fileLock.Dispose();
            throw e is SqliteException or IOException or UnauthorizedAccessException ? new SqliteOpenException($"cannot open {path}: {e.Message}", e) : e;
        }
    }

    /// <summary>A change; see <see cref="CommitLoop{TUnit}.Run"/>.</summary>
    public ValueTask<Result<T>> Write<T>(Func<TUnit, Result<T>> job) => _writer.Run(job);

    /// <summary>A read in a snapshot of its own.</summary>
    public ValueTask<Result<T>> Read<T>(Func<TUnit, Result<T>> job) => _readers.Run(job);

    /// <summary>Ends what is queued, empties the write-ahead log and closes.</summary>
    public void Dispose()
    {
        _readers.Dispose();
        _writer.Dispose();
        _lock.Dispose();
    }

    private static FileStream Lock(string path)
    {
        var name = path + ".lock";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            return new FileStream(name, options);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new SqliteOpenException($"cannot open {path}: its directory does not exist", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SqliteOpenException($"cannot open {path}: permission denied on {name}", e);
        }
        catch (IOException e)
        {
            throw new SqliteOpenException($"cannot open {path}: another process has it open (its lock is {name})", e);
        }
    }
}
