using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Pentode.Core.Diagnostics;

namespace Pentode.Locks.Stores.Postgres;

/// <summary>
/// One connection with LISTEN for all watches of a store, opened with the first of them and again whenever it is lost. A key that is watched
/// has a row in <c>watched</c>: only writes to such keys notify, since NOTIFY makes commits of a database wait for each other.
/// </summary>
internal sealed class PostgresListener : IAsyncDisposable
{
    private const int RetryMs = 200;

    private readonly PostgresLockStore _store;
    private readonly ILog _log;
    private readonly Lock _gate = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource _wake = new();
    private Task? _running;

    public PostgresListener(PostgresLockStore store, ILog log)
    {
        _store = store;
        _log = log;
    }

    /// <summary>Adds a watch.</summary>
    public IDisposable Add(StoreKey key, IStoreWatcher watcher)
    {
        var subscription = new Subscription(this, key, watcher);
        CancellationTokenSource wake;
        lock (_gate)
        {
            _subscriptions.Add(subscription);
            _running ??= Task.Run(RunAsync);
            wake = _wake;
        }

        wake.Cancel();
        return subscription;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        if (_running is { } running)
            await running.ConfigureAwait(false);
        _end.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var connection = await _store.OpenAsync(_end.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                    await FollowAsync(connection).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresLockStore.IsForeign(e))
            {
                if (!_end.IsCancellationRequested && _log.IsEnabled(LogLevel.Debug))
                    _log.Write(LogLevel.Debug, $"{_store.Description}: listening again: {PostgresErrors.Describe(e)}");
            }

            foreach (var subscription in Subscriptions())
                subscription.IsRegistered = false;
            await Task.Delay(RetryMs, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(NpgsqlConnection connection)
    {
        connection.Notification += (_, e) => Deliver(e.Payload);
        await connection.ScalarAsync("LISTEN " + PostgresSchema.Channel, _end.Token).ConfigureAwait(false);
        while (!_end.IsCancellationRequested)
        {
            CancellationToken wake;
            lock (_gate)
            {
                if (_wake.IsCancellationRequested)
                {
                    _wake.Dispose();
                    _wake = new CancellationTokenSource();
                }

                wake = _wake.Token;
            }

            foreach (var subscription in Subscriptions().Where(s => !s.IsRegistered))
            {
                using var command = new NpgsqlCommand(PostgresSchema.Watch, connection);
                command.Parameters.Add(new NpgsqlParameter { Value = subscription.Key.Array, NpgsqlDbType = NpgsqlDbType.Bytea });
                await command.ExecuteNonQueryAsync(_end.Token).ConfigureAwait(false);
                subscription.IsRegistered = true;
                subscription.Broken();
            }

            using var both = CancellationTokenSource.CreateLinkedTokenSource(wake, _end.Token);
            try
            {
                if (!await connection.WaitAsync(_store.Options.ListenCheckMs, both.Token).ConfigureAwait(false))
                    await connection.ScalarAsync("SELECT 1", _end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!_end.IsCancellationRequested && connection.FullState == System.Data.ConnectionState.Open)
            {
                // Woken for a new watch.
            }
        }
    }

    private void Deliver(string payload)
    {
        var parts = payload.Split(' ');
        if (parts.Length is < 2 or > 3 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
            return;
        byte[] key, value;
        try
        {
            key = Convert.FromHexString(parts[0]);
            value = parts.Length == 3 ? Convert.FromHexString(parts[2]) : [];
        }
        catch (FormatException)
        {
            // Anybody with access to the database may notify; only well-formed hints count.
            return;
        }

        foreach (var subscription in Subscriptions().Where(s => s.Key.Bytes.SequenceEqual(key)))
        {
            // A value too long for a notification is for the watcher to read.
            if (parts.Length == 3)
                subscription.Changed(value, revision);
            else
                subscription.Broken();
        }
    }

    private Subscription[] Subscriptions()
    {
        lock (_gate)
            return [.. _subscriptions];
    }

    private sealed class Subscription(PostgresListener owner, StoreKey key, IStoreWatcher watcher) : IDisposable
    {
        private readonly Lock _calling = new();
        private bool _disposed;

        public StoreKey Key { get; } = key;

        public bool IsRegistered { get; set; }

        public void Changed(byte[] value, long revision)
        {
            lock (_calling)
            {
                if (!_disposed)
                    watcher.OnChanged(new StoreEntry(Key, value, revision));
            }
        }

        public void Broken()
        {
            lock (_calling)
            {
                if (!_disposed)
                    watcher.OnBroken();
            }
        }

        public void Dispose()
        {
            lock (owner._gate)
                owner._subscriptions.Remove(this);
            lock (_calling)
                _disposed = true;
        }
    }
}
