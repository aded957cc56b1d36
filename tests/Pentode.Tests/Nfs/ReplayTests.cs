using Pentode.Nfs.Server;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>Calls sent twice are done once.</summary>
public sealed class ReplayTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_call_sent_again_over_another_connection_gets_the_same_reply(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted(peer: "127.0.0.1:901");
        c.Create(c.Root, "victim");
        byte[][] calls =
        [
            c.Message(NfsPeer.Nfs, 3, 8, new Xdr().Opaque(c.Root).Text("new").U32(1).Add(Xdr.Change3(0x1A4)), xid: 500),
            c.Message(NfsPeer.Nfs, 3, 12, new Xdr().Opaque(c.Root).Text("victim"), xid: 501),
            c.Message(NfsPeer.Nfs, 3, 9, new Xdr().Opaque(c.Root).Text("dir").Add(Xdr.Change3(0x1ED)), xid: 502),
            c.Message(NfsPeer.Nfs, 3, 14, new Xdr().Opaque(c.Root).Text("new").Opaque(c.Root).Text("old"), xid: 503),
            c.Message(NfsPeer.Nfs, 2, 13, new Xdr().Fixed(c.Root).Text("link").Text("x").Add(Xdr.Change2()), xid: 504),
            c.Message(NfsPeer.Nfs, 3, 13, new Xdr().Opaque(c.Root).Text("dir"), xid: 505),
        ];
        var replies = new List<byte[]>();
        foreach (var call in calls)
        {
            c.SendRecord(call);
            replies.Add(c.Receive()!);
            Assert.Equal(0u, new XdrParser(replies[^1][24..]).U32());
        }

        using var again = host.Connect("127.0.0.1:902");
        for (var i = 0; i < calls.Length; i++)
        {
            again.SendRecord(calls[i]);
            Assert.Equal(replies[i], again.Receive());
        }

        Assert.Equal(calls.Length, host.Metric("pentode.nfs.replayed"));
        // From another address, or with other arguments or another number, it is another call.
        using var stranger = host.Connect("127.0.0.2:901");
        stranger.SendRecord(calls[1]);
        Assert.Equal(2u, new XdrParser(stranger.Receive()![24..]).U32());
        Assert.Equal(2u, c.V3(12, new Xdr().Opaque(c.Root).Text("victim"), xid: 900).U32());
        Assert.Equal(0u, c.V3(12, new Xdr().Opaque(c.Root).Text("old"), xid: 501).U32());
    }

    [Fact]
    public void The_cache_is_bounded_and_forgets_the_oldest()
    {
        var cache = new ReplyCache(4, 1000);
        for (var i = 0u; i < 10; i++)
            cache.Complete(cache.Begin(Key(i), 0, out _)!, [(byte)i]);
        Assert.Equal(4, cache.Count);
        Assert.Null(cache.Begin(Key(9), 10, out var copy));
        Assert.Equal([9], copy);
        Assert.NotNull(cache.Begin(Key(5), 10, out copy));
        Assert.Null(copy);
    }

    [Fact]
    public void A_call_under_way_is_dropped_an_old_or_abandoned_one_done_again()
    {
        var cache = new ReplyCache(4, 1000);
        var first = cache.Begin(Key(1), 0, out _)!;
        Assert.Null(cache.Begin(Key(1), 5, out var copy));
        Assert.Empty(copy!);
        cache.Complete(first, [1]);
        Assert.NotNull(cache.Begin(Key(1), 1000, out _));
        var second = cache.Begin(Key(2), 0, out _)!;
        cache.Abandon(second);
        Assert.NotNull(cache.Begin(Key(2), 1, out _));
        // Only calls under way: nothing is thrown out for a new one.
        var full = new ReplyCache(2, 1000);
        Assert.NotNull(full.Begin(Key(1), 0, out _));
        Assert.NotNull(full.Begin(Key(2), 0, out _));
        Assert.Null(full.Begin(Key(3), 0, out copy));
        Assert.Null(copy);
    }

    [Fact]
    public void Overlapping_changes_are_noticed_whichever_ends_first()
    {
        var stamps = new ChangeStamps();
        var a = stamps.Begin(5);
        Assert.True(stamps.End(5, a));
        a = stamps.Begin(5);
        var b = stamps.Begin(5);
        Assert.False(stamps.End(5, a));
        Assert.False(stamps.End(5, b));
        a = stamps.Begin(5);
        b = stamps.Begin(5);
        Assert.False(stamps.End(5, b));
        Assert.False(stamps.End(5, a));
        a = stamps.Begin(5);
        Assert.True(stamps.End(5, a));
    }

    private static ReplyKey Key(uint xid) => new(xid, 100003, 3, 8, 1);
}
