using System.Diagnostics;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Etcd;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>The etcd store against real clusters: TLS, users, fail-over, alarms, compaction.</summary>
public sealed class EtcdStoreTests
{
    private static readonly StoreKey s_key = StoreKey.Of("/pentode/v1/t/k");

    [Fact]
    public async Task Tls_with_client_certificates_and_the_right_name_works_and_all_else_is_refused_before_anything_is_sent()
    {
        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { Tls = true });
        var good = new EtcdTls
        {
            CaFile = cluster.Certificate("ca.pem"),
            CertificateFile = cluster.Certificate("client.pem"),
            KeyFile = cluster.Certificate("client.key"),
            ServerName = "etcd.test",
        };
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(cluster, good)).Outcome);
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(cluster, good with { ServerName = "" })).Outcome);
        Assert.Equal(StoreOutcome.Unavailable, (await PutAsync(cluster, good with { ServerName = "other.test" })).Outcome);
        Assert.Equal(StoreOutcome.Unavailable, (await PutAsync(cluster, good with { CaFile = cluster.Certificate("other-ca.pem") })).Outcome);
        Assert.Equal(StoreOutcome.Unavailable, (await PutAsync(cluster, good with { CaFile = "" })).Outcome);
        Assert.Equal(StoreOutcome.Unavailable, (await PutAsync(cluster, good with { CertificateFile = "", KeyFile = "" })).Outcome);
    }

    [Fact]
    public async Task Users_work_over_the_end_of_a_token_and_a_change_of_users()
    {
        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { RootPassword = "secret", Arguments = ["--auth-token-ttl", "1"] });
        var options = new EtcdOptions { Endpoints = cluster.Endpoints, User = "root", Password = "secret" };
        await using var store = new EtcdLockStore(options, NullLog.Instance);
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(store)).Outcome);
        cluster.Etcdctl("user", "add", "other:pw");
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(store)).Outcome);

        // A simple token lives for a second after its last use: it is gone by then, and the store asks for another.
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(store)).Outcome);

        await using var wrong = new EtcdLockStore(options with { Password = "guess" }, NullLog.Instance);
        Assert.Equal(StoreOutcome.Refused, (await PutAsync(wrong)).Outcome);
        await using var powerless = new EtcdLockStore(options with { User = "other", Password = "pw" }, NullLog.Instance);
        Assert.Equal(StoreOutcome.Refused, (await PutAsync(powerless)).Outcome);
        await using var anonymous = new EtcdLockStore(options with { User = "", Password = "" }, NullLog.Instance);
        Assert.Equal(StoreOutcome.Refused, (await PutAsync(anonymous)).Outcome);
        await using var watching = new EtcdLockStore(options, NullLog.Instance);
        var watcher = new Watcher();
        using var watch = watching.Watch(s_key, watcher);
        await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await PutAsync(store);
        Assert.True(await watcher.Changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_cluster_of_three_goes_on_without_its_leader_killed_or_paused()
    {
        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { Members = 3 });
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints }, NullLog.Instance);
        var info = await store.InfoAsync(TestContext.Current.CancellationToken);
        Assert.Equal((StoreOutcome.Ok, true, false), (info.Outcome, info.IsClusterDurable, info.IsReadOnly));
        Assert.Single(info.Members, m => m.Contains(" leader ", StringComparison.Ordinal));
        var watcher = new Watcher();
        using var watch = store.Watch(s_key, watcher);
        await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var before = await AgainUntilOkAsync(store);
        var leader = cluster.Leader();
        cluster.KillMember(leader);
        var killed = await AgainUntilOkAsync(store);
        Assert.True(killed > before);
        cluster.StartMember(leader);
        leader = await AwaitLeaderAsync(cluster);
        cluster.PauseMember(leader);
        var paused = await AgainUntilOkAsync(store);
        Assert.True(paused > killed);
        cluster.ContinueMember(leader);

        // The watch comes to know of the last write however often it had to be opened again.
        while (watcher.Last < paused)
            Assert.True(await watcher.Changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken) || watcher.Last >= paused);
    }

    [Fact]
    public async Task Two_of_three_gone_leaves_writes_undone_or_unknown_and_reads_unavailable()
    {
        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { Members = 3 });
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints, CallTimeoutMs = 500 }, NullLog.Instance);
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(store)).Outcome);
        cluster.KillMember(0);
        cluster.KillMember(1);
        for (var i = 0; i < 4; i++)
        {
            Assert.Contains((await PutAsync(store)).Outcome, (StoreOutcome[])[StoreOutcome.Unknown, StoreOutcome.Unavailable]);
            Assert.Equal(StoreOutcome.Unavailable, (await store.RangeAsync(s_key, null, 10, TestContext.Current.CancellationToken)).Outcome);
        }
    }

    [Fact]
    public async Task A_full_quota_makes_writes_read_only_and_shows_its_alarm()
    {
        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { QuotaBytes = 1 << 20 });
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints }, NullLog.Instance);
        var result = default(StoreResult);
        for (var i = 0; i < 200 && result.Outcome == StoreOutcome.Ok; i++)
            result = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(s_key, new byte[StoreTransaction.MaxValueBytes])]), TestContext.Current.CancellationToken);
        Assert.Equal(StoreOutcome.ReadOnly, result.Outcome);
        Assert.Contains("space", result.Detail, StringComparison.Ordinal);
        Assert.Equal(StoreOutcome.Ok, (await store.RangeAsync(s_key, null, 1, TestContext.Current.CancellationToken)).Outcome);
        var info = await store.InfoAsync(TestContext.Current.CancellationToken);
        Assert.True(info.IsReadOnly);
        Assert.Contains("NOSPACE", Assert.Single(info.Alarms), StringComparison.Ordinal);

        // The remedy of the documents: compact, defragment, take the alarm back.
        var revision = (await store.RangeAsync(s_key, null, 1, TestContext.Current.CancellationToken)).Entries[0].ModRevision;
        cluster.Etcdctl("compact", $"{revision}");
        cluster.Etcdctl("defrag");
        cluster.Etcdctl("alarm", "disarm");
        await AgainUntilOkAsync(store);
        Assert.False((await store.InfoAsync(TestContext.Current.CancellationToken)).IsReadOnly);
    }

    [Fact]
    public async Task A_watch_survives_a_restart_and_a_compaction_of_what_it_missed()
    {
        using var cluster = EtcdCluster.Start();
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints }, NullLog.Instance);
        var watcher = new Watcher();
        using var watch = store.Watch(s_key, watcher);
        await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var first = (await PutAsync(store)).Revision;
        while (watcher.Last < first)
            Assert.True(await watcher.Changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        cluster.PauseMember(0);
        cluster.KillMember(0);
        cluster.StartMember(0);
        var second = await AgainUntilOkAsync(store);
        cluster.Etcdctl("compact", $"{second}");
        await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var last = await AgainUntilOkAsync(store);
        var clock = Stopwatch.StartNew();
        while (watcher.Last < last)
        {
            // A write between two streams may be missed: that is what OnBroken is for. The next write is not.
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
            await watcher.Changed.WaitAsync(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
            if (watcher.Last < last)
                last = await AgainUntilOkAsync(store);
        }
    }

    [Fact]
    public async Task A_member_of_another_cluster_in_the_list_is_never_used()
    {
        using var ours = EtcdCluster.Start();
        using var theirs = EtcdCluster.Start();
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [ours.Endpoints[0], theirs.Endpoints[0]] }, NullLog.Instance);
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(store)).Outcome);
        ours.KillMember(0);
        for (var i = 0; i < 3; i++)
            Assert.NotEqual(StoreOutcome.Ok, (await PutAsync(store)).Outcome);
        Assert.Equal("", theirs.Etcdctl("get", "--prefix", "/pentode").Trim());
        Assert.Contains((await store.InfoAsync(TestContext.Current.CancellationToken)).Warnings, w => w.Contains("another cluster", StringComparison.Ordinal));
    }

    private static async Task<int> AwaitLeaderAsync(EtcdCluster cluster)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return cluster.Leader();
            }
            catch (InvalidOperationException) when (i < 100)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Writes until the cluster takes it again; the revision of that write.</summary>
    private static async Task<long> AgainUntilOkAsync(EtcdLockStore store)
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

    private static async Task<StoreResult> PutAsync(EtcdCluster cluster, EtcdTls tls)
    {
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints, Tls = tls, CallTimeoutMs = 5000 }, NullLog.Instance);
        return await PutAsync(store);
    }

    private static ValueTask<StoreResult> PutAsync(EtcdLockStore store) =>
        store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(s_key, [1])]), TestContext.Current.CancellationToken);

    private sealed class Watcher : IStoreWatcher
    {
        private long _last;

        public SemaphoreSlim Broken { get; } = new(0);

        public SemaphoreSlim Changed { get; } = new(0);

        public long Last => Volatile.Read(ref _last);

        public void OnChanged(StoreEntry entry)
        {
            Volatile.Write(ref _last, Math.Max(_last, entry.ModRevision));
            Changed.Release();
        }

        public void OnBroken() => Broken.Release();
    }
}
