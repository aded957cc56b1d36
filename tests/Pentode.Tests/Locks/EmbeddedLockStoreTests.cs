using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Embedded;
using Pentode.Sqlite;
using Pentode.Testing.Locks;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Locks;

public sealed class EmbeddedLockStoreTests : LockStoreConformance, IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new(memory: true);
    private readonly Lock _opening = new();
    private EmbeddedLockStore? _shared;

    private EmbeddedLockStore Reopen() => EmbeddedLockStore.Open(_directory["state"], "test", NullLog.Instance, TimeProvider.System);

    // One process, one store: its clients are the same object, closed with the test.
    protected override ValueTask<ILockStore> OpenAsync()
    {
        lock (_opening)
            return new(new Borrowed(_shared ??= Reopen()));
    }

    public async ValueTask DisposeAsync()
    {
        if (_shared is not null)
            await _shared.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_second_daemon_on_the_state_directory_is_refused_with_the_reason()
    {
        var first = Reopen();
        var error = Assert.Throws<IOException>(() => Reopen());
        Assert.Contains(Environment.ProcessId.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains("another daemon", error.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await Reopen().DisposeAsync();
    }

    [Fact]
    public async Task Sessions_end_with_the_daemon_and_records_do_not()
    {
        var keys = new KeyLayout("test");
        var session = keys.Session(new SessionId(1, 2));
        var record = keys.Record(LockName.Of("d"), LockName.Of("x"));
        var store = Reopen();
        var put = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(session, [1]), StoreWrite.Put(record, [2])]));
        await store.DisposeAsync();
        store = Reopen();
        var read = await store.CommitAsync(new StoreTransaction([StoreCompare.Exists(session), StoreCompare.Exists(record)], []));
        Assert.Null(read.Current[0]);
        Assert.Equal([2], read.Current[1]!.Value);
        var later = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(session, [1])]));
        Assert.True(later.Revision > put.Revision);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Tokens_go_on_and_persistent_values_are_there_after_the_daemon_was_replaced()
    {
        ulong token = 0;
        for (var life = 0; life < 4; life++)
        {
            var store = Reopen();
            var manager = new LockManager(store, new LockManagerOptions("test", "n", LockNodes.Slow), BootClock.Instance, NullLog.Instance, new MetricsRegistry(), NoLossActions.Instance);
            Assert.Equal(Errno.None, await manager.StartAsync());
            var domain = (await manager.JoinAsync(LockName.Of("d"), new LockDomainOptions(PersistValues: true))).Value;
            var handle = await LockNodes.Take(domain, "x", LockMode.Exclusive);
            Assert.True(handle.Token > token);
            token = handle.Token;
            var value = new byte[1];
            _ = handle.ReadValue(value);
            Assert.Equal(life, value[0]);
            Assert.Equal(life == 0 ? ValueState.Unset : life % 2 == 1 ? ValueState.Suspect : ValueState.Valid, handle.ReadValueState().Value);
            _ = handle.WriteValue([(byte)(life + 1)]);
            Assert.Equal(Errno.None, await handle.FlushAsync());
            // Every other daemon ends as by SIGKILL: nothing is said good-bye to.
            if (life % 2 == 1)
            {
                _ = handle.Release();
                await manager.DisposeAsync();
            }

            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_journal_that_cannot_be_written_makes_the_store_read_only_until_it_can()
    {
        var store = Reopen();
        var keys = new KeyLayout("test");
        var key = keys.Record(LockName.Of("d"), LockName.Of("x"));
        var put = new StoreTransaction([], [StoreWrite.Put(key, [1])]);
        Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(put)).Outcome);
        var writer = $"sqlite-write {Path.Combine(_directory["state"], "locks.db")}-0";
        using (SqliteFaults.Step.Arm(() => Thread.CurrentThread.Name == writer ? Errno.ENOSPC : Errno.None))
        {
            Assert.Equal(StoreOutcome.Unknown, (await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(key, [2])]))).Outcome);
            Assert.Equal(StoreOutcome.ReadOnly, (await store.CommitAsync(put)).Outcome);
            Assert.True((await store.InfoAsync()).IsReadOnly);
            Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(keys.Session(new SessionId(1, 1)), [1])]))).Outcome);
        }

        await EventuallyAsync(async () => (await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(keys.Meta, [1])]))).Outcome == StoreOutcome.Ok);
        await store.DisposeAsync();
        store = Reopen();
        Assert.Equal([2], (await store.RangeAsync(key, null, 1)).Entries[0].Value);
        await store.DisposeAsync();
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var end = Environment.TickCount64 + (long)LockNodes.Patience.TotalMilliseconds;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < end, "did not happen in time");
            await Task.Delay(5);
        }
    }

    private sealed class Borrowed(ILockStore store) : ILockStore
    {
        public string Description => store.Description;

        public ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default) => store.CommitAsync(transaction, cancellation);

        public ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default) =>
            store.RangeAsync(prefix, after, limit, cancellation);

        public IDisposable Watch(StoreKey key, IStoreWatcher watcher) => store.Watch(key, watcher);

        public ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default) => store.InfoAsync(cancellation);

        public ValueTask DisposeAsync() => default;
    }
}
