using System.Diagnostics;
using Pentode.Core;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Stores;
using Pentode.Testing.Locks;

namespace Pentode.Tests.Locks;

public sealed class LockManagerTests : IAsyncDisposable
{
    private readonly LockNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task Two_nodes_share_a_lock_and_a_third_wants_it_alone()
    {
        var (a, b, c) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"), await _nodes.JoinAsync("c"));
        var first = await LockNodes.Take(a, "x", LockMode.Shared);
        var second = await LockNodes.Take(b, "x", LockMode.Shared);
        var third = c.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive)).AsTask();
        await LockNodes.Eventually(() => first.Blocking == LockMode.Exclusive && second.Blocking == LockMode.Exclusive);
        Assert.False(third.IsCompleted);
        Assert.Equal(Errno.None, first.Release());
        Assert.Equal(Errno.None, second.Release());
        var handle = (await third.WaitAsync(LockNodes.Patience)).Value;
        Assert.True(handle.Token > second.Token);
        Assert.Equal(Errno.EBADF, first.Release());
    }

    [Fact]
    public async Task A_value_written_on_one_node_is_read_on_another()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        var writer = await LockNodes.Take(a, "x", LockMode.Exclusive);
        Assert.Equal(ValueState.Unset, writer.ReadValueState().Value);
        Assert.Equal(5, writer.WriteValue("hello"u8, 3).Value);
        Assert.Equal(Errno.ENOSPC, writer.WriteValue("x"u8, 64).Error);
        Assert.Equal(4, writer.WriteValue("overrun"u8, 60).Value);
        Assert.Equal(Errno.None, writer.Release());
        var reader = await LockNodes.Take(b, "x", LockMode.Shared);
        var value = new byte[70];
        Assert.Equal(64, reader.ReadValue(value).Value);
        Assert.Equal("hello"u8, value.AsSpan(3, 5));
        Assert.Equal("over"u8, value.AsSpan(60, 4));
        Assert.Equal(ValueState.Valid, reader.ReadValueState().Value);
        Assert.Equal(Errno.EBADF, reader.WriteValue("x"u8).Error);
        Assert.Equal(0, reader.ReadValue(value, 64).Value);
    }

    [Fact]
    public async Task A_try_wins_a_lock_that_is_only_cached_elsewhere_and_fails_on_one_in_use()
    {
        var (a, b) = (await _nodes.JoinAsync("a", new LockDomainOptions(TryRecallMs: 20_000)), await _nodes.JoinAsync("b", new LockDomainOptions(TryRecallMs: 30)));
        _ = (await LockNodes.Take(a, "idle", LockMode.Exclusive)).Release();
        var busy = await LockNodes.Take(b, "busy", LockMode.Exclusive);
        var idle = await b.AcquireAsync(LockName.Of("busy"), new AcquireOptions(LockMode.Shared, Try: true));
        Assert.True(idle.IsOk);
        // The node that has 20 s for a recall wins what the other one merely cached.
        _ = (await LockNodes.Take(b, "cached", LockMode.Exclusive)).Release();
        Assert.True((await a.AcquireAsync(LockName.Of("cached"), new AcquireOptions(LockMode.Exclusive, Try: true)).AsTask().WaitAsync(LockNodes.Patience)).IsOk);
        var used = await LockNodes.Take(a, "used", LockMode.Exclusive);
        Assert.Equal(Errno.EAGAIN, (await b.AcquireAsync(LockName.Of("used"), new AcquireOptions(LockMode.Shared, Try: true)).AsTask().WaitAsync(LockNodes.Patience)).Error);
        Assert.False(used.IsLost);
        Assert.False(busy.IsLost);
    }

    [Fact]
    public async Task A_try_without_recall_asks_nobody_and_leaves_no_trace()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b", new LockDomainOptions(TryRecallMs: 0)));
        _ = (await LockNodes.Take(a, "x", LockMode.Exclusive)).Release();
        Assert.Equal(Errno.EAGAIN, (await b.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Shared, Try: true)).AsTask().WaitAsync(LockNodes.Patience)).Error);
        var listing = Assert.Single((await b.Manager.ListAsync()).Value);
        Assert.Single(listing.Parties);
        Assert.True((await b.AcquireAsync(LockName.Of("free"), new AcquireOptions(LockMode.Exclusive, Try: true))).IsOk);
    }

    [Fact]
    public async Task A_wait_ends_by_timeout_and_by_cancelling_and_its_place_is_withdrawn()
    {
        var (a, b, c) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"), await _nodes.JoinAsync("c"));
        var held = await LockNodes.Take(a, "x", LockMode.Shared);
        Assert.Equal(Errno.ETIMEDOUT, (await b.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive, TimeoutMs: 30)).AsTask().WaitAsync(LockNodes.Patience)).Error);
        using var cancel = new CancellationTokenSource();
        var waiting = b.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive), cancel.Token).AsTask();
        await LockNodes.Eventually(() => held.Blocking == LockMode.Exclusive);
        // While the exclusive request is queued no new shared one overtakes it, not even on the node that has the lock.
        var behind = a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Shared)).AsTask();
        var far = c.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Shared)).AsTask();
        Assert.Equal(Errno.EAGAIN, (await a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Shared, Try: true))).Error);
        Assert.False(behind.IsCompleted);
        await cancel.CancelAsync();
        Assert.Equal(Errno.EINTR, (await waiting.WaitAsync(LockNodes.Patience)).Error);
        Assert.True((await behind.WaitAsync(LockNodes.Patience)).IsOk);
        Assert.True((await far.WaitAsync(LockNodes.Patience)).IsOk);
        await LockNodes.Eventually(() => held.Blocking == LockMode.Null);
    }

    [Fact]
    public async Task A_cached_lock_costs_no_transaction()
    {
        var store = new MemoryLockStore(_nodes.Cluster);
        var a = await _nodes.JoinAsync("a", store: store);
        _ = (await LockNodes.Take(a, "x", LockMode.Exclusive)).Release();
        var before = a.Manager.Counters.RoundTrips.Value;
        for (var i = 0; i < 1000; i++)
            Assert.Equal(Errno.None, a.TryAcquireCached(LockName.Of("x"), new AcquireOptions(i % 2 == 0 ? LockMode.Exclusive : LockMode.Shared))!.Release());
        var clock = Stopwatch.StartNew();
        var name = LockName.Of("x");
        for (var i = 0; i < 100_000; i++)
            _ = a.TryAcquireCached(name, new AcquireOptions(LockMode.Exclusive))!.Release();
        TestContext.Current.TestOutputHelper?.WriteLine($"cached open and close: {clock.Elapsed.TotalNanoseconds / 100_000:f0} ns");
        Assert.Equal(before, a.Manager.Counters.RoundTrips.Value);
    }

    [Fact]
    public async Task A_fresh_lock_costs_one_transaction_and_a_contended_hand_over_at_most_three()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        var before = _nodes.Metrics.Snapshot().Single(m => m.Key == "pentode.locks.round_trips").Value;
        var handle = await LockNodes.Take(a, "x", LockMode.Exclusive);
        Assert.Equal(before + 1, a.Manager.Counters.RoundTrips.Value);
        _ = (await LockNodes.Take(b, "warm", LockMode.Exclusive)).Release();
        _ = handle.Release();
        before = a.Manager.Counters.RoundTrips.Value;
        _ = (await LockNodes.Take(b, "x", LockMode.Exclusive)).Release();
        // Want that finds the record out of date, want again, yield of the other side.
        Assert.InRange(a.Manager.Counters.RoundTrips.Value - before, 2, 3);
    }

    [Fact]
    public async Task Hundred_waiters_get_the_lock_in_their_order()
    {
        var domains = new List<LockDomain>();
        for (var i = 0; i < 10; i++)
            domains.Add(await _nodes.JoinAsync($"n{i}"));
        var held = await LockNodes.Take(domains[0], "x", LockMode.Exclusive, excludes: true);
        var order = new List<int>();
        var waits = new List<Task>();
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            // One after the other into the queue: the order of the requests is then known.
            var node = domains[i / 10];
            waits.Add(Task.Run(async () =>
            {
                var handle = await LockNodes.Take(node, "x", LockMode.Exclusive, excludes: true);
                lock (order)
                    order.Add(number);
                Assert.Equal(Errno.None, handle.Release());
            }));
            await LockNodes.Eventually(() => Waiting(node, "x") == (number % 10) + 1);
        }

        await QueuedAsync(domains[0], "x", 9);
        _ = held.Release();
        await Task.WhenAll(waits).WaitAsync(LockNodes.Patience);
        Assert.Equal(100, order.Count);
        // Each node's own ten come together and in order, as the node's place in the queue serves them; nodes come in the order of their requests.
        for (var node = 0; node < 10; node++)
            Assert.Equal(Enumerable.Range(node * 10, 10), order.Where(n => n / 10 == node));
    }

    [Fact]
    public async Task Local_exclusion_holds_between_users_of_one_node()
    {
        var a = await _nodes.JoinAsync("a");
        var first = await LockNodes.Take(a, "x", LockMode.Exclusive, excludes: true);
        Assert.Equal(Errno.EAGAIN, (await a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Shared, Try: true, ExcludeLocally: true))).Error);
        var second = a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive, ExcludeLocally: true)).AsTask();
        Assert.False(second.IsCompleted);
        _ = first.Release();
        Assert.True((await second.WaitAsync(LockNodes.Patience)).IsOk);
        // Without the option a node does not exclude itself.
        _ = await LockNodes.Take(a, "y", LockMode.Exclusive);
        _ = await LockNodes.Take(a, "y", LockMode.Exclusive);
    }

    [Fact]
    public async Task Two_processes_that_hold_shared_and_want_exclusive_do_not_wait_for_ever()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        var mine = await LockNodes.Take(a, "x", LockMode.Shared, pid: 11);
        var theirs = await LockNodes.Take(b, "x", LockMode.Shared, pid: 22);
        var first = a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive, OpenerPid: 11)).AsTask();
        await LockNodes.Eventually(() => theirs.Blocking == LockMode.Exclusive);
        var second = await b.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive, OpenerPid: 22)).AsTask().WaitAsync(LockNodes.Patience);
        Assert.Equal(Errno.EDEADLK, second.Error);
        _ = theirs.Release();
        Assert.True((await first.WaitAsync(LockNodes.Patience)).IsOk);
        _ = mine.Release();
    }

    [Fact]
    public async Task Nodes_that_only_cache_shared_and_both_want_exclusive_take_turns()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        for (var round = 0; round < 20; round++)
        {
            _ = (await LockNodes.Take(a, "x", LockMode.Shared)).Release();
            _ = (await LockNodes.Take(b, "x", LockMode.Shared)).Release();
            await Task.WhenAll(
                Task.Run(async () => (await LockNodes.Take(a, "x", LockMode.Exclusive)).Release()),
                Task.Run(async () => (await LockNodes.Take(b, "x", LockMode.Exclusive)).Release())).WaitAsync(LockNodes.Patience);
        }
    }

    [Fact]
    public async Task Dropping_the_last_interest_ends_the_record_and_tokens_go_on()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        var handle = await LockNodes.Take(a, "x", LockMode.Exclusive);
        var token = handle.Token;
        Assert.Equal(Errno.EBUSY, await a.DropAsync(LockName.Of("x")));
        _ = handle.WriteValue("gone"u8);
        _ = handle.Release();
        Assert.Equal(Errno.None, await a.DropAsync(LockName.Of("x")));
        Assert.Empty((await a.Manager.ListAsync()).Value);
        var again = await LockNodes.Take(b, "x", LockMode.Exclusive);
        Assert.True(again.Token > token);
        Assert.Equal(ValueState.Unset, again.ReadValueState().Value);
    }

    [Fact]
    public async Task The_floor_of_tokens_is_that_of_all_locks_of_the_domain()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        ulong token = 0;
        for (var i = 0; i < 5; i++)
        {
            var handle = await LockNodes.Take(i % 2 == 0 ? a : b, "busy", LockMode.Exclusive);
            token = handle.Token;
            _ = handle.Release();
        }

        _ = (await LockNodes.Take(a, "quiet", LockMode.Exclusive)).Release();
        foreach (var name in new[] { "busy", "quiet" })
        {
            Assert.Equal(Errno.None, await a.DropAsync(LockName.Of(name)));
            Assert.Equal(Errno.None, await b.DropAsync(LockName.Of(name)));
        }

        Assert.True((await LockNodes.Take(b, "busy", LockMode.Exclusive)).Token > token);
    }

    [Fact]
    public async Task Persistent_values_outlive_their_users()
    {
        var a = await _nodes.JoinAsync("a", new LockDomainOptions(PersistValues: true));
        var handle = await LockNodes.Take(a, "x", LockMode.Exclusive);
        _ = handle.WriteValue("kept"u8);
        _ = handle.Release();
        Assert.Equal(Errno.None, await a.LeaveAsync());
        var b = await _nodes.JoinAsync("b");
        Assert.True(b.Options.PersistValues);
        var value = new byte[4];
        _ = (await LockNodes.Take(b, "x", LockMode.Shared)).ReadValue(value);
        Assert.Equal("kept"u8, value);
    }

    [Fact]
    public async Task A_damaged_record_answers_EIO_and_the_others_go_on()
    {
        var store = new MemoryLockStore(_nodes.Cluster);
        var a = await _nodes.JoinAsync("a");
        var keys = new KeyLayout("test");
        _ = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(keys.Record(LockName.Of("d"), LockName.Of("bad")), [1, 2, 3])]));
        var result = await a.AcquireAsync(LockName.Of("bad"), new AcquireOptions(LockMode.Shared)).AsTask().WaitAsync(LockNodes.Patience);
        Assert.Equal(Errno.EIO, result.Error);
        _ = await LockNodes.Take(a, "good", LockMode.Exclusive);
        var listing = (await a.Manager.ListAsync()).Value;
        Assert.NotNull(listing.Single(l => l.Name == LockName.Of("bad")).Problem);
        _ = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Delete(keys.Record(LockName.Of("d"), LockName.Of("bad")))]));
        _ = await LockNodes.Take(a, "bad", LockMode.Exclusive);
    }

    [Fact]
    public async Task Names_outside_the_limits_are_refused()
    {
        var a = await _nodes.JoinAsync("a");
        Assert.Equal(Errno.EINVAL, (await a.AcquireAsync(LockName.Of(new string('n', 32)), new AcquireOptions(LockMode.Shared))).Error);
        Assert.Equal(Errno.EINVAL, (await a.AcquireAsync(LockName.Of("$x"), new AcquireOptions(LockMode.Shared))).Error);
        Assert.Equal(Errno.EINVAL, (await a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Null))).Error);
        Assert.Equal(Errno.EINVAL, (await a.Manager.JoinAsync(LockName.Of(new string('d', 64)))).Error);
        _ = await LockNodes.Take(a, new string('n', 31), LockMode.Shared);
        Assert.False(LockName.TryCreate("a/b"u8, out _));
        Assert.False(LockName.TryCreate(new byte[256], out _));
        Assert.False(LockName.TryCreate([], out _));
    }

    [Fact]
    public async Task Leaving_is_refused_while_a_lock_is_used_and_hands_everything_over()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        var handle = await LockNodes.Take(a, "x", LockMode.Exclusive);
        Assert.Equal(Errno.EBUSY, await a.LeaveAsync());
        _ = handle.WriteValue("left"u8);
        var waiting = b.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive)).AsTask();
        await LockNodes.Eventually(() => handle.Blocking == LockMode.Exclusive);
        _ = handle.Release();
        Assert.Equal(Errno.None, await a.LeaveAsync());
        var value = new byte[4];
        _ = (await waiting.WaitAsync(LockNodes.Patience)).Value.ReadValue(value);
        Assert.Equal("left"u8, value);
        Assert.Equal(Errno.ESHUTDOWN, (await a.AcquireAsync(LockName.Of("x"), new AcquireOptions(LockMode.Shared))).Error);
    }

    [Fact]
    public async Task Ten_thousand_locks_are_held()
    {
        var (a, b) = (await _nodes.JoinAsync("a"), await _nodes.JoinAsync("b"));
        var clock = Stopwatch.StartNew();
        var handles = new LockHandle[10_000];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = await LockNodes.Take(a, $"lock{i}", i % 2 == 0 ? LockMode.Exclusive : LockMode.Shared);
        TestContext.Current.TestOutputHelper?.WriteLine($"10000 locks taken in {clock.ElapsedMilliseconds} ms");
        Assert.Equal(10_000, (await b.Manager.ListAsync()).Value.Count);
        Assert.Equal(Errno.EAGAIN, (await b.AcquireAsync(LockName.Of("lock4242"), new AcquireOptions(LockMode.Shared, Try: true)).AsTask().WaitAsync(LockNodes.Patience)).Error);
        foreach (var handle in handles)
            Assert.Equal(Errno.None, handle.Release());
        Assert.Equal(Errno.None, await a.LeaveAsync());
        Assert.Equal(Errno.None, await b.LeaveAsync());
        Assert.Empty((await b.Manager.ListAsync()).Value);
    }

    private static int Waiting(LockDomain domain, string name)
    {
        lock (domain.Manager.Gate)
            return domain.TryGet(LockName.Of(name), out var resource) ? resource.Waiters.Count : 0;
    }

    private static async Task QueuedAsync(LockDomain domain, string name, int count)
    {
        var end = Environment.TickCount64 + (long)LockNodes.Patience.TotalMilliseconds;
        while ((await domain.Manager.ListAsync()).Value.Single(l => l.Name == LockName.Of(name)).Parties.Count(p => p.Wanted != LockMode.Null) < count)
        {
            Assert.True(Environment.TickCount64 < end, "the queue did not fill in time");
            await Task.Delay(5);
        }
    }
}
