using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;
using Pentode.Core;
using Pentode.Core.Commits;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Sqlite;

namespace Pentode.Names.Stores.Postgres;

/// <summary>The catalog in a PostgreSQL database (14 or newer), which several daemons may share. A file held open by one of them ends when another removes its last name without a trash; what a crash left of open files ends a day later.</summary>
public sealed class PostgresCatalog : ICatalogEngine
{
    /// <summary>Channel of NOTIFY after each commit with events.</summary>
    internal const string Channel = "pentode_names";

    /// <summary>
    /// Statements are prepared once and their plans kept; made while a table was small and its statistics old, a plan that reads the whole table would stay for as long as statistics do.
    /// Every statement of the catalog has an index to go by.
    /// </summary>
    private const string PlansByIndex = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off ";

    private const int Group = 64;
    private const int LeastReaders = 4;
    private static readonly TimeSpan s_openPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_openReport = TimeSpan.FromSeconds(10);

    private readonly NpgsqlDataSource _source;
    private readonly CommitLoop<PostgresUnit> _writer;
    private readonly CommitLoop<PostgresUnit> _readers;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;

    private PostgresCatalog(NpgsqlDataSource source, CatalogInfo info, CatalogShared shared)
    {
        _source = source;
        Info = info;
        Shared = shared;
        _writer = new CommitLoop<PostgresUnit>("postgres-write", [new PostgresUnit(source, true, shared, info.StoreNumber)], shared.Options.QueueLength, Group);
        var readers = Enumerable.Range(0, Math.Max(LeastReaders, shared.Options.Readers)).Select(_ => new PostgresUnit(source, false, shared, info.StoreNumber));
        _readers = new CommitLoop<PostgresUnit>("postgres-read", [.. readers], shared.Options.QueueLength, 1);
        _listening = Task.Run(Listen);
    }

    /// <inheritdoc/>
    public CatalogInfo Info { get; }

    bool ICatalogEngine.IsShared => true;

    CatalogShared ICatalogEngine.Shared => Shared;

    (long Commits, long Changes, long Reads) ICatalogEngine.Work => (_writer.Commits, _writer.Jobs, _readers.Jobs);

    private CatalogShared Shared { get; }

    /// <summary>Connects, and brings the schema up to date, making it in an empty database. Throws <see cref="CatalogOpenException"/>, also when <paramref name="stop"/> ends the wait for the database.</summary>
    public static async Task<CatalogStore> Open(string connectionString, CatalogOptions options, ILog log, CancellationToken stop = default)
    {
        var source = Source(connectionString, options);
        PostgresCatalog engine;
        try
        {
            engine = new PostgresCatalog(source, await Reach(source, options, log, stop).ConfigureAwait(false), new CatalogShared(options));
        }
        catch (Exception e) when (e is SqliteOpenException || PostgresErrors.Explain(e, out _) != Errno.None)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw new CatalogOpenException($"cannot open the PostgreSQL database: {e.Message}", e);
        }

        await CatalogStart.Run(engine, log).ConfigureAwait(false);
        return new CatalogStore(engine, await CallsBefore.Read(engine).ConfigureAwait(false));
    }

    ValueTask<Result<T>> ICatalogEngine.Change<T>(Func<CatalogTransaction, Result<T>> job, CatalogHint? hint) => _writer.Run(unit => job(unit.Transaction), hint);

    ValueTask<Result<T>> ICatalogEngine.Read<T>(Func<CatalogTransaction, Result<T>> job) => _readers.Run(unit => job(unit.Transaction));

    (long Stored, long Free) ICatalogEngine.Space(CatalogTransaction transaction) => (transaction.Query("SELECT pg_database_size(current_database())").Scalar() ?? 0, 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _readers.Dispose();
        _writer.Dispose();
        await _listening.ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private static NpgsqlDataSource Source(string connectionString, CatalogOptions options)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connectionString)
            {
                Pooling = false, MaxAutoPrepare = 200, AutoPrepareMinUsages = 2, ApplicationName = "pentode", Timeout = 5, Enlist = false,
            };
        }
        catch (ArgumentException e)
        {
            throw new CatalogOpenException($"bad connection string: {e.Message}", e);
        }

        settings.Options = (PlansByIndex + settings.Options).Trim();
        if (options.IsRelaxed)
            settings.Options = (settings.Options + " -c synchronous_commit=off").Trim();
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        return builder.Build();
    }

    /// <summary>A database that comes up, or is busy, is waited for: one that refuses us is not.</summary>
    private static async Task<CatalogInfo> Reach(NpgsqlDataSource source, CatalogOptions options, ILog log, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        for (var said = TimeSpan.MinValue; ;)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(CancellationToken.None).ConfigureAwait(false);
                await PostgresMigrations.Apply(connection, options.Clock.GetUtcNow()).ConfigureAwait(false);
                var info = await Prepare(connection, options).ConfigureAwait(false);
                if (said != TimeSpan.MinValue)
                    log.Write(LogLevel.Info, $"names: the PostgreSQL database is there, after {watch.Elapsed.TotalSeconds:F0} s");
                return info;
            }
            catch (Exception e) when (PostgresErrors.Explain(e, out var isTransient) != Errno.None && isTransient && watch.Elapsed + s_openPause < options.OpenPatience && !stop.IsCancellationRequested)
            {
                if (said == TimeSpan.MinValue || watch.Elapsed - said > s_openReport)
                {
                    said = watch.Elapsed;
                    log.Write(LogLevel.Warning, $"names: the PostgreSQL database cannot be used yet ({e.Message}); waited {said.TotalSeconds:F0} s for it of at most {options.OpenPatience.TotalSeconds:F0} s");
                }
            }

            await Task.Delay(s_openPause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<CatalogInfo> Prepare(NpgsqlConnection connection, CatalogOptions options)
    {
        var id = new Guid(await Value("store", Guid.NewGuid().ToByteArray()).ConfigureAwait(false));
        var fsid = BitConverter.ToUInt64(await Value("fsid", RandomNumberGenerator.GetBytes(8)).ConfigureAwait(false));
        var store = BitConverter.ToUInt16(await Value("number", BitConverter.GetBytes(options.StoreNumber)).ConfigureAwait(false));
        await using var boot = new NpgsqlCommand("INSERT INTO counter VALUES ('boot', 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value", connection);
        var count = (long)(await boot.ExecuteScalarAsync().ConfigureAwait(false))!;

        // Of connections long gone; who is still there and missed makes its row again.
        await using var old = new NpgsqlCommand("DELETE FROM writer WHERE t < now() - interval '1 day'", connection);
        await old.ExecuteNonQueryAsync().ConfigureAwait(false);
        return new CatalogInfo("postgres", $"{connection.Host}/{connection.Database}", id, fsid, count, store);

        async Task<byte[]> Value(string key, byte[] initial)
        {
            await using var insert = new NpgsqlCommand("INSERT INTO meta(k, v) VALUES ($1, $2) ON CONFLICT (k) DO NOTHING", connection);
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
            insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = initial });
            await insert.ExecuteNonQueryAsync().ConfigureAwait(false);
            await using var select = new NpgsqlCommand("SELECT v FROM meta WHERE k = $1", connection);
            select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
            return (byte[])(await select.ExecuteScalarAsync().ConfigureAwait(false))!;
        }
    }

    /// <summary>Passes on what other daemons announce.</summary>
    private async Task Listen()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
                connection.Notification += (_, _) => Shared.Announce();
                await using var listen = new NpgsqlCommand("LISTEN " + Channel, connection);
                await listen.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
                Shared.Announce();
                while (true)
                    await connection.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException || PostgresErrors.Explain(e, out _) != Errno.None)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
