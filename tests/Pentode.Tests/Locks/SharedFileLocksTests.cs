using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Tests.Locks;

/// <summary>Locks of files that are locks of the cluster, on two nodes whose trees know nothing of one another.</summary>
public sealed class SharedFileLocksTests
{
    private static readonly LockWait s_wait = new(-1, CancellationToken.None);

    [Fact]
    public async Task A_write_lock_excludes_the_other_node_and_read_locks_share()
    {
        await using var nodes = new SharedFileNodes();
        var a = await nodes.StartAsync("a");
        var b = await nodes.StartAsync("b");
        var (fa, fb) = (await a.Open("f"), await b.Open("f"));
        Assert.Equal(a.Locks.NameOf(fa), b.Locks.NameOf(fb));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Write));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Write));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Read));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Unlock));
        Assert.Equal(0, a.Locks.Held);
        Assert.Equal(Errno.None, await b.Lock(fb, LockType.Read));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Read));
        Assert.Equal(Errno.EAGAIN, await a.Lock(fa, LockType.Write));
        // The failed upgrade took nothing away.
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Write, process: 2));
        Assert.Equal(Errno.None, await b.Lock(fb, LockType.Unlock));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Write));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Read));
        await a.Volume.Close(fa);
        await b.Volume.Close(fb);
    }

    [Fact]
    public async Task Other_files_are_other_locks_and_ranges_of_one_node_stay_ranges()
    {
        await using var nodes = new SharedFileNodes();
        var a = await nodes.StartAsync("a");
        var b = await nodes.StartAsync("b");
        var (fa, fb, ga, gb) = (await a.Open("f"), await b.Open("f"), await a.Open("g"), await b.Open("g"));
        var again = await a.Open("f");
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Write, 1, 0, 10));
        Assert.Equal(Errno.None, await a.Lock(again, LockType.Write, 2, 10, 10));
        Assert.Equal(Errno.EAGAIN, await a.Lock(again, LockType.Read, 2, 9, 1));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Read, 3, 100, 1));
        Assert.Equal(Errno.None, await b.Lock(gb, LockType.Write));
        Assert.Equal(Errno.EAGAIN, await a.Lock(ga, LockType.Read));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Unlock, 1));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Read, 3, 100, 1));
        // A read lock in place of the last write lock lets readers of other nodes in.
        Assert.Equal(Errno.None, await a.Lock(again, LockType.Read, 2, 0, 0));
        Assert.Equal(Errno.None, await b.Lock(fb, LockType.Read, 3, 100, 1));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Write, 3, 100, 1));
        await a.Volume.Close(again);
        Assert.Equal(Errno.None, await b.Lock(fb, LockType.Write, 3, 100, 1));
        await a.Volume.Close(fa);
        await b.Volume.Close(fb);
        await a.Volume.Close(ga);
        await b.Volume.Close(gb);
    }

    [Fact]
    public async Task A_wait_ends_when_the_holder_closes_when_time_is_over_and_when_given_up()
    {
        await using var nodes = new SharedFileNodes();
        var a = await nodes.StartAsync("a");
        var b = await nodes.StartAsync("b");
        var (fa, fb) = (await a.Open("f"), await b.Open("f"));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Write));
        Assert.Equal(Errno.EAGAIN, await b.Lock(fb, LockType.Write, wait: new LockWait(100, CancellationToken.None)));
        using var giveUp = new CancellationTokenSource();
        var given = b.Lock(fb, LockType.Write, wait: new LockWait(-1, giveUp.Token));
        await giveUp.CancelAsync();
        Assert.Equal(Errno.EINTR, await given);
        var waiting = b.Lock(fb, LockType.Write, wait: s_wait);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await a.Volume.Close(fa);
        Assert.Equal(Errno.None, await waiting);
        Assert.Equal((0, 1), (a.Locks.Held, b.Locks.Held));
        await b.Volume.Close(fb);
        Assert.Equal(0, b.Locks.Held);
    }

    [Fact]
    public async Task The_test_tells_what_another_node_holds_and_takes_nothing()
    {
        await using var nodes = new SharedFileNodes();
        var a = await nodes.StartAsync("a");
        var b = await nodes.StartAsync("b");
        var (fa, fb) = (await a.Open("f"), await b.Open("f"));
        Assert.Equal(LockType.Unlock, (await b.Test(fb, LockType.Write)).Type);
        Assert.Equal(0, b.Locks.Held);
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Read));
        Assert.Equal(LockType.Unlock, (await b.Test(fb, LockType.Read)).Type);
        Assert.Equal(new LockRange(LockType.Read, 0, 0, 0, "another node"), await b.Test(fb, LockType.Write));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Write));
        Assert.Equal(LockType.Write, (await b.Test(fb, LockType.Read)).Type);
        Assert.Equal(LockType.Write, (await b.Test(fb, LockType.Write)).Type);
        Assert.Equal((LockType.Write, 1u), ((await a.Test(fa, LockType.Read)).Type, (await a.Test(fa, LockType.Read)).ProcessId));
        await a.Volume.Close(fa);
        await b.Volume.Close(fb);
    }

    [Fact]
    public async Task A_lost_lock_takes_the_files_that_relied_on_it_out_of_use()
    {
        await using var nodes = new SharedFileNodes();
        var timing = new SessionTiming(100, 600, 1000);
        var a = await nodes.StartAsync("a", timing);
        var b = await nodes.StartAsync("b", timing);
        var (fa, other, fb) = (await a.Open("f"), await a.Open("f"), await b.Open("f"));
        var data = new byte[8];
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Write));
        Assert.Equal(8, (await a.Volume.Write(fa, data, 0)).Value);
        var waiting = b.Lock(fb, LockType.Write, wait: s_wait);
        a.Store.Inject = _ => StoreOutcome.Unavailable;
        Assert.Equal(Errno.None, await waiting);
        Assert.Equal(Errno.ESTALE, (await a.Volume.Write(fa, data, 0)).Error);
        Assert.Equal(Errno.ESTALE, (await a.Volume.Read(fa, data, 0)).Error);
        Assert.Equal(8, (await a.Volume.Read(other, data, 0)).Value);
        Assert.Equal(Errno.ENOLCK, await a.Lock(other, LockType.Read, process: 2));
        a.Store.Inject = null;
        Assert.Equal(Errno.ESTALE, await a.Lock(fa, LockType.Read));
        Assert.Equal(Errno.None, await a.Lock(fa, LockType.Unlock));
        await LockNodes.Eventually(() => a.Manager.Phase == SessionPhase.Live);
        await LockNodes.Eventually(() => a.Lock(other, LockType.Read, process: 2).Result == Errno.EAGAIN);
        Assert.Equal(Errno.None, await b.Lock(fb, LockType.Unlock));
        Assert.Equal(Errno.None, await a.Lock(other, LockType.Write, process: 2, wait: s_wait));
        Assert.Equal(8, (await a.Volume.Write(other, data, 0)).Value);
        Assert.Equal(Errno.ESTALE, (await a.Volume.Write(fa, data, 0)).Error);
        await a.Volume.Close(fa);
        await a.Volume.Close(other);
        await b.Volume.Close(fb);
        Assert.Equal((0, 0), (a.Locks.Held, b.Locks.Held));
    }

    [Fact]
    public async Task Many_waiters_on_two_nodes_are_alone_when_it_is_their_turn()
    {
        await using var nodes = new SharedFileNodes();
        var both = new[] { await nodes.StartAsync("a"), await nodes.StartAsync("b") };
        var inside = 0;
        var turns = 0;
        var work = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var node = both[i % 2];
            var file = await node.Open("f");
            for (var n = 0; n < 20; n++)
            {
                Errno error;
                while ((error = await node.Lock(file, LockType.Write, (uint)i + 1, wait: s_wait)) == Errno.EAGAIN)
                    await Task.Delay(1);
                Assert.Equal(Errno.None, error);
                Assert.Equal(1, Interlocked.Increment(ref inside));
                await Task.Yield();
                turns++;
                Interlocked.Decrement(ref inside);
                Assert.Equal(Errno.None, await node.Lock(file, LockType.Unlock, (uint)i + 1));
            }

            await node.Volume.Close(file);
        })).ToArray();
        await Task.WhenAll(work).WaitAsync(LockNodes.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(160, turns);
        Assert.All(both, n => Assert.Equal(0, n.Locks.Held));
    }
}
