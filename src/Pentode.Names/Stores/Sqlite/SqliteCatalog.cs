using System.Security.Cryptography;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Sqlite;

namespace Pentode.Names.Stores.Sqlite;

/// <summary>The catalog in one SQLite file, owned by one process.</summary>
public sealed class SqliteCatalog : ICatalogEngine
{
    private readonly SqliteDatabase<SqliteCatalogUnit> _database;

    private SqliteCatalog(SqliteDatabase<SqliteCatalogUnit> database, CatalogInfo info, CatalogShared shared)
    {
        _database = database;
        Info = info;
        Shared = shared;
    }

    /// <inheritdoc/>
    public CatalogInfo Info { get; }

    bool ICatalogEngine.IsShared => false;

    CatalogShared ICatalogEngine.Shared => Shared;

    (long Commits, long Changes, long Reads) ICatalogEngine.Work => (_database.Commits, _database.Writes, _database.Reads);

    private CatalogShared Shared { get; }

    /// <summary>Opens the file, makes it when it is not there, and cleans up after a crash. Throws <see cref="CatalogOpenException"/>.</summary>
    public static async Task<CatalogStore> Open(string path, CatalogOptions options, ILog log)
    {
        var shared = new CatalogShared(options);
        var now = options.Clock.GetUtcNow();
        CatalogInfo? info = null;
        SqliteCatalog engine;
        try
        {
            var sqlite = new SqliteOptions { IsRelaxed = options.IsRelaxed, Readers = options.Readers, QueueLength = options.QueueLength };
            var database = SqliteDatabase<SqliteCatalogUnit>.Open(
                path,
                sqlite,
                typeof(SqliteCatalog).Assembly,
                "Pentode.Names.Stores.Sqlite.Migrations",
                now,
                connection => info = Prepare(connection, options),
                (connection, isWriter) => new SqliteCatalogUnit(connection, isWriter, sqlite, shared, info!.StoreNumber));
            engine = new SqliteCatalog(database, info!, shared);
        }
        catch (SqliteOpenException e)
        {
            throw new CatalogOpenException(e.Message, e);
        }

        await CatalogStart.Run(engine, log).ConfigureAwait(false);
        return new CatalogStore(engine, await CallsBefore.Read(engine).ConfigureAwait(false));
    }

    ValueTask<Result<T>> ICatalogEngine.Change<T>(Func<CatalogTransaction, Result<T>> job, CatalogHint? hint) => _database.Write(unit => job(unit.Transaction));

    ValueTask<Result<T>> ICatalogEngine.Read<T>(Func<CatalogTransaction, Result<T>> job) => _database.Read(unit => job(unit.Transaction));

    (long Stored, long Free) ICatalogEngine.Space(CatalogTransaction transaction)
    {
        var stored = transaction.Query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scalar() ?? 0;
        try
        {
            return (stored, new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(_database.Path))!).AvailableFreeSpace);
        }
        catch (IOException)
        {
            return (stored, 0);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        return default;
    }

    private static CatalogInfo Prepare(SqliteConnection connection, CatalogOptions options)
    {
        connection.Execute("BEGIN IMMEDIATE");
        var id = new Guid(Value("store", Guid.NewGuid().ToByteArray()));
        var fsid = BitConverter.ToUInt64(Value("fsid", RandomNumberGenerator.GetBytes(8)));
        var store = BitConverter.ToUInt16(Value("number", BitConverter.GetBytes(options.StoreNumber)));
        var boot = connection.Prepare("INSERT INTO counter VALUES ('boot', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value").Start().Scalar()!.Value;
        connection.Execute("COMMIT");
        return new CatalogInfo("sqlite", connection.Path, id, fsid, boot, store);

        byte[] Value(string key, byte[] initial)
        {
            connection.Prepare("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (k) DO NOTHING").Start().AddText(key).Add(initial).Run();
            var query = connection.Prepare("SELECT v FROM meta WHERE k = ?1").Start().AddText(key);
            query.Step();
            var value = query.Bytes(0).ToArray();
            query.Reset();
            return value;
        }
    }
}
