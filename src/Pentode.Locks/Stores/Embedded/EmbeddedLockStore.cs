using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Sessions;
using Pentode.Sqlite;

namespace Pentode.Locks.Stores.Embedded;

/// <summary>
/// The store of a single host: in the memory of the one daemon, with a journal in SQLite. Records, values and token floors are durable before a
/// transaction is acknowledged; sessions and mailboxes live only as long as the daemon, for when it has ended nobody of it holds anything.
/// </summary>
public sealed class EmbeddedLockStore : ILockStore
{
    private const int EpochShift = 40;
    private const string Migrations = "Pentode.Locks.Stores.Embedded.Migrations";

    private readonly StateDirectory _directory;
    private readonly KeyLayout _keys;
    private readonly ILog _log;
    private readonly SqliteDatabase<JournalUnit> _journal;
    private readonly StoreMap _map;
    private readonly WatchTable _watchers = new();
    private readonly HashSet<StoreKey> _behind = [];
    private readonly Lock _gate = new();
    private bool _isCatchingUp;

    private EmbeddedLockStore(StateDirectory directory, KeyLayout keys, ILog log, SqliteDatabase<JournalUnit> journal, StoreMap map)
    {
        _directory = directory;
        _keys = keys;
        _log = log;
        _journal = journal;
        _map = map;
    }

    /// <inheritdoc/>
    public string Description => $"embedded {_directory.Path}";

    /// <summary>
    /// Opens or creates the store in a directory, which it locks until it is disposed. Throws <see cref="IOException"/> with words for the user when another
    /// daemon has it or it cannot be used. <paramref name="isRelaxed"/>: what was acknowledged survives the daemon but the last moments perhaps not the machine.
    /// </summary>
    public static EmbeddedLockStore Open(string directory, string cluster, ILog log, TimeProvider time, bool isRelaxed = false)
    {
        var keys = new KeyLayout(cluster);
        var state = StateDirectory.Open(directory);
        try
        {
            var options = new SqliteOptions { IsRelaxed = isRelaxed, Readers = 0, CacheKib = 4096, MappedBytes = 0 };
            var map = new StoreMap();
            var journal = SqliteDatabase<JournalUnit>.Open(
                Path.Combine(directory, "locks.db"),
                options,
                typeof(EmbeddedLockStore).Assembly,
                Migrations,
                time.GetUtcNow(),
                connection =>
                {
                    map = new StoreMap(JournalUnit.NextEpoch(connection) << EpochShift);
                    foreach (var entry in JournalUnit.ReadAll(connection))
                        map.Load(entry);
                },
                (connection, isWriter) => new JournalUnit(connection, isWriter, options));
            return new EmbeddedLockStore(state, keys, log, journal, map);
        }
        catch (SqliteOpenException e)
        {
            state.Dispose();
            throw new IOException(e.Message, e);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default)
    {
        StoreResult result;
        ValueTask<Result<bool>> journaled;
        StoreWrite[] durable;
        lock (_gate)
        {
            durable = [.. transaction.Writes.Where(w => !_keys.IsVolatile(w.Key))];
            if (durable.Length > 0 && _behind.Count > 0)
            {
                CatchUp();
                return new ValueTask<StoreResult>(StoreResult.Failed(StoreOutcome.ReadOnly, "the journal cannot be written"));
            }

            result = _map.Commit(transaction);
            if (result.Outcome != StoreOutcome.Ok || result.Revision == 0)
                return new ValueTask<StoreResult>(result);
            // Under the lock, so that the journal has the order of the map.
            var revision = result.Revision;
            journaled = durable.Length == 0 ? default : _journal.Write(unit => unit.Write(durable, revision));
        }

        if (durable.Length == 0)
        {
            _watchers.Tell(transaction, result.Revision);
            return new ValueTask<StoreResult>(result);
        }

        return AfterJournalAsync(transaction, result, durable, journaled);
    }

    /// <inheritdoc/>
    public ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default)
    {
        lock (_gate)
            return new ValueTask<StoreRange>(_map.Range(prefix, after, limit));
    }

    /// <inheritdoc/>
    public IDisposable Watch(StoreKey key, IStoreWatcher watcher) => _watchers.Add(key, watcher);

    /// <inheritdoc/>
    public ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            var isBehind = _behind.Count > 0;
            return new ValueTask<StoreInfo>(new StoreInfo(
                StoreOutcome.Ok, "embedded", "1", isBehind, IsClusterDurable: false, isBehind ? ["the journal cannot be written"] : [], [], [_directory.Path], null));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _journal.Dispose();
        _directory.Dispose();
        return default;
    }

    private async ValueTask<StoreResult> AfterJournalAsync(StoreTransaction transaction, StoreResult result, StoreWrite[] durable, ValueTask<Result<bool>> journaled)
    {
        var written = await journaled.ConfigureAwait(false);
        if (!written.IsOk)
        {
            // Readers may have seen it: it stays in memory, and nothing durable is acknowledged until the journal has caught up.
            lock (_gate)
            {
                foreach (var write in durable)
                    _behind.Add(write.Key);
            }

            _log.Write(LogLevel.Error, $"{Description}: the journal cannot be written: {written.Error}");
            return StoreResult.Failed(StoreOutcome.Unknown, $"the journal cannot be written: {written.Error}");
        }

        _watchers.Tell(transaction, result.Revision);
        return result;
    }

    private void CatchUp()
    {
        if (_isCatchingUp)
            return;
        _isCatchingUp = true;
        var entries = _behind.Select(k => (Key: k, Entry: _map.Get(k))).ToArray();
        var journaled = _journal.Write<bool>(unit =>
        {
            foreach (var (key, entry) in entries)
                unit.Write([new StoreWrite(key, entry?.Value)], entry?.ModRevision ?? 0);
            return true;
        });
        _ = FinishCatchUpAsync(journaled, entries.Select(e => e.Key).ToArray());
    }

    private async Task FinishCatchUpAsync(ValueTask<Result<bool>> journaled, StoreKey[] keys)
    {
        var written = await journaled.ConfigureAwait(false);
        lock (_gate)
        {
            _isCatchingUp = false;
            if (written.IsOk)
                _behind.ExceptWith(keys);
        }

        if (written.IsOk)
            _log.Write(LogLevel.Info, $"{Description}: the journal is written again");
    }
}
