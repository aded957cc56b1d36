using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Pentode.Core.Diagnostics;

namespace Pentode.Locks.Stores.Postgres;

/// <summary>
/// The lock store in a PostgreSQL database (13 or newer): schema <c>pentode_locks</c>, created on first use. Each transaction is one statement and
/// one round trip. With <see cref="PostgresDurability.Cluster"/> every call, also a read, waits for a synchronous standby, and a server
/// without one is refused. NOTIFY is a hint.
/// </summary>
public sealed class PostgresLockStore : ILockStore
{
    private const int RetriesOfRollback = 5;
    private const int MaximumConnections = 32;

    private readonly PostgresOptions _options;
    private readonly ILog _log;
    private readonly NpgsqlDataSource _source;
    private readonly PostgresListener _listener;
    private readonly SemaphoreSlim _preparing = new(1, 1);
    private volatile bool _prepared;
    private long _calls;

    /// <summary>Prepares; connects with the first call. A connection string that does not parse throws (start-up).</summary>
    public PostgresLockStore(PostgresOptions options, ILog log)
    {
        _options = options;
        _log = log;
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            ApplicationName = "pentode",
            Timeout = Math.Max(1, options.CallTimeoutMs / 1000),
            CommandTimeout = 0,
            MaxPoolSize = MaximumConnections,
            Enlist = false,
            Options = string.Create(CultureInfo.InvariantCulture, $"-c synchronous_commit=on -c default_transaction_isolation=read\\ committed -c statement_timeout={options.CallTimeoutMs}"),
        };
        if (text.Host?.StartsWith('/') == false)
        {
            // A call that is left to itself on a dead connection ends some time; sockets of the file system do not know these options.
            text.TcpKeepAlive = true;
            text.TcpKeepAliveTime = 5;
            text.TcpKeepAliveInterval = 2;
        }

        Description = $"postgres {text.Host}:{text.Port}/{text.Database}";
        var builder = new NpgsqlSlimDataSourceBuilder(text.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        _source = text.Host?.Contains(',', StringComparison.Ordinal) == true
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.PreferPrimary)
            : builder.Build();
        _listener = new PostgresListener(this, log);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>Transactions and reads sent since the start; for measurements.</summary>
    public long RoundTrips => Volatile.Read(ref _calls);

    /// <summary>The options.</summary>
    internal PostgresOptions Options => _options;

    private bool IsCluster => _options.Durability == PostgresDurability.Cluster;

    /// <inheritdoc/>
    public async ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default)
    {
        var isRead = transaction.Writes.Count == 0;
        var compared = transaction.Compares.Select(c => c.Key.Array).ToArray();
        var (rows, outcome, detail) = await RunAsync(
            isRead ? PostgresSchema.Get : PostgresSchema.Commit,
            command =>
            {
                var parameters = command.Parameters;
                parameters.Add(new NpgsqlParameter { Value = compared, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
                if (!isRead)
                {
                    parameters.Add(new NpgsqlParameter { Value = transaction.Compares.Select(c => (int)c.Condition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
                    parameters.Add(new NpgsqlParameter { Value = transaction.Compares.Select(c => c.Revision).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
                    parameters.Add(new NpgsqlParameter { Value = transaction.Writes.Select(w => w.Key.Array).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
                    parameters.Add(new NpgsqlParameter { Value = transaction.Writes.Select(w => w.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
                }

                parameters.Add(new NpgsqlParameter { Value = IsCluster, NpgsqlDbType = NpgsqlDbType.Boolean });
            },
            static reader => (Slot: reader.GetInt32(0), Value: reader.IsDBNull(1) ? null : reader.GetFieldValue<byte[]>(1), Revision: reader.IsDBNull(2) ? 0 : reader.GetInt64(2)),
            isRead,
            cancellation).ConfigureAwait(false);
        if (outcome != StoreOutcome.Ok)
            return StoreResult.Failed(outcome, detail);
        if (!isRead && rows.Count > 0 && rows[0].Revision > 0)
            return StoreResult.Committed(rows[0].Revision);
        var current = new StoreEntry?[transaction.Compares.Count];
        foreach (var row in rows.Where(r => r.Slot > 0 && r.Value is not null))
            current[row.Slot - 1] = new StoreEntry(transaction.Compares[row.Slot - 1].Key, row.Value!, row.Revision);
        return isRead && transaction.Compares.Select((c, i) => c.Holds(current[i])).All(h => h) ? StoreResult.Observed(current) : StoreResult.Conflict(current);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        byte[] first = prefix.Array;
        if (after is { } key && key >= prefix)
        {
            if (!key.StartsWith(prefix))
                return StoreRange.Found([], more: false);
            first = [.. key.Bytes, 0];
        }

        var (rows, outcome, detail) = await RunAsync(
            PostgresSchema.Range,
            command =>
            {
                command.Parameters.Add(new NpgsqlParameter { Value = first, NpgsqlDbType = NpgsqlDbType.Bytea });
                command.Parameters.Add(new NpgsqlParameter { Value = (object?)KeyRange.EndOfPrefix(prefix.Bytes) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
                command.Parameters.Add(new NpgsqlParameter { Value = limit + 1, NpgsqlDbType = NpgsqlDbType.Integer });
                command.Parameters.Add(new NpgsqlParameter { Value = IsCluster, NpgsqlDbType = NpgsqlDbType.Boolean });
            },
            static reader => new StoreEntry(new StoreKey(reader.GetFieldValue<byte[]>(0)), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2)),
            isRead: true,
            cancellation).ConfigureAwait(false);
        if (outcome != StoreOutcome.Ok)
            return StoreRange.Failed(outcome, detail);
        return rows.Count > limit ? StoreRange.Found(rows[..limit], more: true) : StoreRange.Found(rows, more: false);
    }

    /// <inheritdoc/>
    public IDisposable Watch(StoreKey key, IStoreWatcher watcher) => _listener.Add(key, watcher);

    /// <inheritdoc/>
    public async ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.CallTimeoutMs);
        try
        {
            var connection = await _source.OpenConnectionAsync(limit.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var server = await PostgresServerState.ReadAsync(connection, limit.Token).ConfigureAwait(false);
                var refusal = server.Refusal(_options.Durability);
                return new StoreInfo(
                    refusal is null ? StoreOutcome.Ok : StoreOutcome.Refused,
                    "postgres",
                    server.Version,
                    server.IsStandby || server.IsReadOnly,
                    server.SynchronousNames.Length > 0,
                    server.IsStandby ? ["the server is a standby"] : [],
                    server.Warnings(_options.Durability),
                    [$"{connection.Host}:{connection.Port} {(server.IsStandby ? "standby" : "primary")} {server.Version}, {server.SynchronousStandbys} synchronous standby(s)"],
                    refusal);
            }
        }
        catch (Exception e) when (IsForeign(e))
        {
            return new StoreInfo(PostgresErrors.Outcome(e, sent: false, isRead: true), "postgres", "", false, false, [], [], [], PostgresErrors.Describe(e));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
        _preparing.Dispose();
    }

    /// <summary>True for failures of the database or the way to it; everything else is a bug.</summary>
    internal static bool IsForeign(Exception e) =>
        e is NpgsqlException or OperationCanceledException or IOException or System.Net.Sockets.SocketException or TimeoutException or ObjectDisposedException
            or InvalidOperationException;

    /// <summary>An open connection to a server that may be used, with the schema in place; throws what <see cref="IsForeign"/> covers.</summary>
    internal async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        if (_prepared)
            return connection;
        try
        {
            await _preparing.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                if (!_prepared)
                    await PrepareAsync(connection, cancellation).ConfigureAwait(false);
                _prepared = true;
                return connection;
            }
            finally
            {
                _preparing.Release();
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var server = await PostgresServerState.ReadAsync(connection, cancellation).ConfigureAwait(false);
        if (server.Refusal(_options.Durability) is { } refusal)
        {
            _log.Write(LogLevel.Error, $"{Description}: {refusal}");
            throw new PostgresException(refusal, "ERROR", "ERROR", PostgresSchema.NotDurable);
        }

        foreach (var warning in server.Warnings(_options.Durability))
            _log.Write(LogLevel.Warning, $"{Description}: {warning}");
        var hasLayout = await connection.ScalarAsync(PostgresSchema.HasLayout, cancellation).ConfigureAwait(false) is true;
        var layout = hasLayout ? await connection.ScalarAsync(PostgresSchema.ReadLayout, cancellation).ConfigureAwait(false) as int? : null;
        if (layout is null)
        {
            using var create = new NpgsqlCommand(PostgresSchema.Create, connection);
            await create.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
        else if (layout != PostgresSchema.Layout)
        {
            throw new PostgresException($"schema pentode_locks has layout {layout}, this program knows {PostgresSchema.Layout}", "ERROR", "ERROR", PostgresSchema.NotDurable);
        }
    }

    /// <summary>
    /// Runs one statement and reads all its rows. A write is sent once, or again only after the server said it was rolled back. At the deadline
    /// the call is left to itself, not cancelled: a cancelled commit would count as done on the server without its standby.
    /// </summary>
    private async Task<(List<T> Rows, StoreOutcome Outcome, string Detail)> RunAsync<T>(
        string sql, Action<NpgsqlCommand> bind, Func<NpgsqlDataReader, T> read, bool isRead, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.CallTimeoutMs);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = limit.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
        for (var attempt = 0; ; attempt++)
        {
            var call = new PostgresCall();
            try
            {
                var connection = await OpenAsync(limit.Token).ConfigureAwait(false);
                var work = ExecuteAsync(connection, call, sql, bind, read);
                if (await Task.WhenAny(work, ended.Task).ConfigureAwait(false) != work)
                {
                    _ = work.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    return ([], isRead ? StoreOutcome.Unavailable : StoreOutcome.Unknown, $"{Description}: no answer within {_options.CallTimeoutMs} ms");
                }

                var rows = await work.ConfigureAwait(false);
                return call.Warning is { } warning
                    ? ([], isRead ? StoreOutcome.Unavailable : StoreOutcome.Unknown, $"{Description}: {warning}")
                    : (rows, StoreOutcome.Ok, "");
            }
            catch (Exception e) when (PostgresErrors.IsRolledBackByChance(e) && attempt < RetriesOfRollback)
            {
            }
            catch (Exception e) when (IsForeign(e))
            {
                // A schema dropped or a server replaced behind our back is looked at again.
                if (e is PostgresException { SqlState: "42883" or "42P01" or "3F000" or PostgresSchema.NotDurable })
                    _prepared = false;
                return ([], PostgresErrors.Outcome(e, call.IsSent, isRead), $"{Description}: {PostgresErrors.Describe(e)}");
            }
        }
    }

    private async Task<List<T>> ExecuteAsync<T>(NpgsqlConnection connection, PostgresCall call, string sql, Action<NpgsqlCommand> bind, Func<NpgsqlDataReader, T> read)
    {
        await using (connection.ConfigureAwait(false))
        {
            connection.Notice += call.OnNotice;
            using var command = new NpgsqlCommand(sql, connection);
            bind(command);
            call.IsSent = true;
            Interlocked.Increment(ref _calls);
            var rows = new List<T>();
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                    rows.Add(read(reader));

                // The end of the answer comes after the commit: a warning or an error of it shows here.
                while (await reader.NextResultAsync().ConfigureAwait(false))
                {
                }
            }

            connection.Notice -= call.OnNotice;
            return rows;
        }
    }
}
