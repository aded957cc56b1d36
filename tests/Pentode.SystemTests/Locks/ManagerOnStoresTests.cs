using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Postgres;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>Nodes on real stores: locks go from one to the other, and each kind of unusable store has its errno and its words.</summary>
public sealed class ManagerOnStoresTests
{
    private static readonly SessionTiming s_timing = new(1000, 20_000, 30_000);

    [Fact]
    public async Task A_lock_and_its_value_go_from_node_to_node_on_etcd()
    {
        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { Members = 3 });
        await HandOverAsync(() => new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints, CallTimeoutMs = 10_000 }, NullLog.Instance));
    }

    [Fact]
    public async Task A_lock_and_its_value_go_from_node_to_node_on_postgresql()
    {
        PostgresServer.Require();
        using var server = PostgresServer.Start();
        await HandOverAsync(() => new PostgresLockStore(new PostgresOptions { ConnectionString = server.ConnectionString(), CallTimeoutMs = 10_000 }, NullLog.Instance));
    }

    [Fact]
    public async Task A_node_whose_times_differ_from_the_clusters_is_refused_with_both_sets_of_times()
    {
        using var cluster = EtcdCluster.Start();
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints, CallTimeoutMs = 10_000 }, NullLog.Instance);
        await using var first = Node(store, "a", s_timing);
        Assert.Equal(Errno.None, await first.StartAsync());
        await using var other = Node(store, "b", s_timing with { DeadMs = 40_000 });
        Assert.Equal(Errno.EINVAL, await other.StartAsync());
        Assert.Contains("dead_ms 30000", other.Problem, StringComparison.Ordinal);
        Assert.Contains("40000", other.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_a_full_and_a_wrong_store_each_have_their_errno_and_their_words()
    {
        await using (var nobody = new EtcdLockStore(new EtcdOptions { Endpoints = [new Uri("http://127.0.0.1:1")] }, NullLog.Instance))
        {
            await using var node = Node(nobody, "a", s_timing);
            Assert.Equal(Errno.ENOTCONN, await node.StartAsync());
            Assert.Contains("127.0.0.1:1", node.Problem, StringComparison.Ordinal);
        }

        using var cluster = EtcdCluster.Start(new EtcdClusterOptions { QuotaBytes = 1 << 20 });
        await using (var wrong = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints, ClusterId = 1, CallTimeoutMs = 10_000 }, NullLog.Instance))
        {
            await using var node = Node(wrong, "a", s_timing);
            Assert.Equal(Errno.EACCES, await node.StartAsync());
            Assert.Contains("another cluster", node.Problem, StringComparison.Ordinal);
        }

        await using var full = new EtcdLockStore(new EtcdOptions { Endpoints = cluster.Endpoints, CallTimeoutMs = 10_000 }, NullLog.Instance);
        var junk = StoreKey.Of("/junk");
        for (var i = 0; i < 200; i++)
        {
            if ((await full.CommitAsync(new StoreTransaction([], [StoreWrite.Put(junk, new byte[StoreTransaction.MaxValueBytes])]), TestContext.Current.CancellationToken)).Outcome != StoreOutcome.Ok)
                break;
        }

        await using (var node = Node(full, "a", s_timing))
        {
            Assert.Equal(Errno.EROFS, await node.StartAsync());
            Assert.Contains("space", node.Problem, StringComparison.Ordinal);
        }
    }

    private static LockManager Node(ILockStore store, string name, SessionTiming timing) => new(
        store, new LockManagerOptions("t", name, timing), BootClock.Instance, NullLog.Instance, new MetricsRegistry(), NoLossActions.Instance);

    private static async Task HandOverAsync(Func<ILockStore> open)
    {
        await using var storeA = open();
        await using var storeB = open();
        await using var a = Node(storeA, "a", s_timing);
        await using var b = Node(storeB, "b", s_timing);
        Assert.Equal(Errno.None, await a.StartAsync());
        Assert.Equal(Errno.None, await b.StartAsync());
        var domains = new[] { (await a.JoinAsync(LockName.Of("d"))).Value, (await b.JoinAsync(LockName.Of("d"))).Value };
        var lockName = LockName.Of("l");
        var held = (await domains[0].AcquireAsync(lockName, new AcquireOptions(LockMode.Exclusive))).Value;
        var token = held.Token;
        for (var i = 1; i <= 20; i++)
        {
            var next = domains[i % 2].AcquireAsync(lockName, new AcquireOptions(LockMode.Exclusive)).AsTask();
            Assert.False(next.IsCompleted);
            Assert.Equal(1, held.WriteValue([(byte)i]).Value);
            held.Release();
            held = (await next.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).Value;
            Assert.True(held.Token > token);
            token = held.Token;
            var value = new byte[64];
            Assert.Equal(64, held.ReadValue(value).Value);
            Assert.Equal(i, value[0]);
        }

        held.Release();
    }
}
