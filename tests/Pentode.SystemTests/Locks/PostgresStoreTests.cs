using System.Diagnostics;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Postgres;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>The PostgreSQL store against real servers: durability, standbys, crashes, missing rights.</summary>
public sealed class PostgresStoreTests
{
    private static readonly StoreKey s_key = StoreKey.Of("/pentode/v1/t/k");

    [Fact]
    public async Task Durability_cluster_is_refused_without_synchronous_replication_and_waits_for_the_standby_with_it()
    {
        using var server = PostgresServer.Start();
        await using (var refused = Open(server.ConnectionString(), PostgresDurability.Cluster))
        {
            var result = await PutAsync(refused);
            Assert.Equal(StoreOutcome.Refused, result.Outcome);
            Assert.Contains("synchronous_standby_names", result.Detail, StringComparison.Ordinal);
            Assert.Equal(StoreOutcome.Refused, (await refused.InfoAsync(TestContext.Current.CancellationToken)).Outcome);
        }

        var standby = server.StartStandby("s1");
        server.Execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = 's1'");
        server.Execute("postgres", "SELECT pg_reload_conf()");
        await using var store = Open(server.ConnectionString(), PostgresDurability.Cluster);
        await UntilOkAsync(store);
        var info = await store.InfoAsync(TestContext.Current.CancellationToken);
        Assert.Equal((StoreOutcome.Ok, true), (info.Outcome, info.IsClusterDurable));

        // A standby by itself takes nothing, and what it would say may be old.
        await using (var hot = Open(standby, PostgresDurability.Local))
        {
            Assert.Equal(StoreOutcome.ReadOnly, (await PutAsync(hot)).Outcome);
            Assert.Equal(StoreOutcome.Unavailable, (await hot.RangeAsync(s_key, null, 1, TestContext.Current.CancellationToken)).Outcome);
            Assert.True((await hot.InfoAsync(TestContext.Current.CancellationToken)).IsReadOnly);
        }

        // Without its standby the primary answers nothing that could be lost: neither a write nor a read.
        server.KillStandby("s1");
        for (var wait = Stopwatch.StartNew(); server.Execute("postgres", "SELECT count(*) FROM pg_stat_replication").Trim() != "0";)
            Assert.True(wait.Elapsed < TimeSpan.FromSeconds(30));
        Assert.Equal(StoreOutcome.Unknown, (await PutAsync(store)).Outcome);
        Assert.Equal(StoreOutcome.Unavailable, (await store.RangeAsync(s_key, null, 1, TestContext.Current.CancellationToken)).Outcome);

        // Replication taken away behind our back is noticed by the next call, not by the next start.
        server.Execute("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
        server.Execute("postgres", "SELECT pg_reload_conf()");
        var clock = Stopwatch.StartNew();
        while ((await PutAsync(store)).Outcome != StoreOutcome.Refused)
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_crash_loses_nothing_that_was_acknowledged_and_the_watch_comes_back()
    {
        using var server = PostgresServer.Start();
        await using var store = Open(server.ConnectionString(), PostgresDurability.Local);
        var watcher = new Watcher();
        using var watch = store.Watch(s_key, watcher);
        Assert.True(await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        var before = (await PutAsync(store)).Revision;
        Assert.True(await watcher.Changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        server.Kill();
        server.Restart();
        Assert.True(await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(before, (await UntilReadAsync(store)).ModRevision);
        Assert.True(await UntilOkAsync(store) > before);
        Assert.True(await watcher.Changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Connections_ended_under_way_leave_every_write_either_done_or_not_and_say_so()
    {
        using var server = PostgresServer.Start();
        await using var store = Open(server.ConnectionString(), PostgresDurability.Local);
        var revision = (await PutAsync(store)).Revision;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var killer = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                server.Execute("postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pentode'");
                await Task.Delay(5, CancellationToken.None);
            }
        });
        var unsure = 0;
        for (var i = 0; i < 300; i++)
        {
            var result = await store.CommitAsync(new StoreTransaction([StoreCompare.At(s_key, revision)], [StoreWrite.Put(s_key, [(byte)i])]), TestContext.Current.CancellationToken);
            if (result.Outcome == StoreOutcome.Ok)
            {
                revision = result.Revision;
                continue;
            }

            // Nobody else writes: after a certain "not done" the revision is the old one, after "unknown" it may be a newer one with our value.
            unsure++;
            var now = await UntilReadAsync(store);
            if (result.Outcome == StoreOutcome.Unknown)
                Assert.True(now.ModRevision == revision || (now.ModRevision > revision && now.Value[0] == (byte)i));
            else
                Assert.Equal((StoreOutcome.Unavailable, revision), (result.Outcome, now.ModRevision));
            revision = now.ModRevision;
        }

        await end.CancelAsync();
        await killer;
        Assert.True(unsure > 0, "no write met a lost connection");
    }

    [Fact]
    public async Task A_read_only_server_wrong_credentials_and_an_unknown_database_each_have_their_outcome()
    {
        using var server = PostgresServer.Start();
        await using (var first = Open(server.ConnectionString(), PostgresDurability.Local))
            Assert.Equal(StoreOutcome.Ok, (await PutAsync(first)).Outcome);
        server.Execute("postgres", "ALTER SYSTEM SET default_transaction_read_only = on");
        server.Execute("postgres", "SELECT pg_reload_conf()");
        await using (var store = Open(server.ConnectionString(), PostgresDurability.Local))
        {
            Assert.Equal(StoreOutcome.ReadOnly, (await PutAsync(store)).Outcome);
            Assert.Equal(StoreOutcome.Ok, (await store.RangeAsync(s_key, null, 1, TestContext.Current.CancellationToken)).Outcome);
            Assert.True((await store.InfoAsync(TestContext.Current.CancellationToken)).IsReadOnly);
        }

        await using (var store = Open(server.ConnectionString().Replace("Database=pentode", "Database=nowhere", StringComparison.Ordinal), PostgresDurability.Local))
            Assert.Equal(StoreOutcome.Refused, (await PutAsync(store)).Outcome);
        await using (var store = Open(server.ConnectionString().Replace("Username=pentode", "Username=nobody", StringComparison.Ordinal), PostgresDurability.Local))
            Assert.Equal(StoreOutcome.Refused, (await PutAsync(store)).Outcome);
        await using (var store = Open("Host=127.0.0.1;Port=1;Username=x", PostgresDurability.Local))
        {
            Assert.Equal(StoreOutcome.Unavailable, (await PutAsync(store)).Outcome);
            Assert.Equal(StoreOutcome.Unavailable, (await store.InfoAsync(TestContext.Current.CancellationToken)).Outcome);
        }
    }

    [Fact]
    public async Task A_layout_of_another_version_is_refused()
    {
        using var server = PostgresServer.Start();
        await using (var first = Open(server.ConnectionString(), PostgresDurability.Local))
            Assert.Equal(StoreOutcome.Ok, (await PutAsync(first)).Outcome);
        server.Execute("pentode", "UPDATE pentode_locks.layout SET version = 99");
        await using var store = Open(server.ConnectionString(), PostgresDurability.Local);
        var result = await PutAsync(store);
        Assert.Equal(StoreOutcome.Refused, result.Outcome);
        Assert.Contains("layout 99", result.Detail, StringComparison.Ordinal);
    }

    private static PostgresLockStore Open(string connection, PostgresDurability durability) =>
        new(new PostgresOptions { ConnectionString = connection, Durability = durability, ListenCheckMs = 200 }, NullLog.Instance);

    private static ValueTask<StoreResult> PutAsync(PostgresLockStore store) =>
        store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(s_key, [1])]), TestContext.Current.CancellationToken);

    private static async Task<long> UntilOkAsync(PostgresLockStore store)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var result = await PutAsync(store);
            if (result.Outcome == StoreOutcome.Ok)
                return result.Revision;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), result.Detail);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<StoreEntry> UntilReadAsync(PostgresLockStore store)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var result = await store.RangeAsync(s_key, null, 1, TestContext.Current.CancellationToken);
            if (result.Outcome == StoreOutcome.Ok)
                return Assert.Single(result.Entries);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), result.Detail);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Watcher : IStoreWatcher
    {
        public SemaphoreSlim Broken { get; } = new(0);

        public SemaphoreSlim Changed { get; } = new(0);

        public void OnChanged(StoreEntry entry) => Changed.Release();

        public void OnBroken() => Broken.Release();
    }
}
