using Pentode.Core;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Tests.Locks;

namespace Pentode.Tests.NineP;

/// <summary>Tlock and Tgetlock on exports of two nodes whose locks are the cluster's.</summary>
public sealed class SharedLockTests
{
    private const byte Read = 0, Write = 1, Unlock = 2;
    private const uint Block = 1;

    [Fact]
    public async Task A_lock_of_another_node_is_answered_blocked_and_told()
    {
        await using var nodes = new SharedFileNodes();
        await using var one = await Serve(nodes, "a");
        await using var two = await Serve(nodes, "b");
        using var a = one.Ready("shared");
        using var b = two.Ready("shared");
        a.Create(1, "f");
        b.Create(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        Assert.Equal(1, b.Lock(1, Read, 0, 0, 1));
        var (_, body) = b.Call(new Tgetlock { Fid = 1, Kind = Unlock, ProcId = 1, ClientId = "c"u8 });
        Assert.True(Rgetlock.TryRead(body, out var m));
        Assert.Equal((Write, 0ul, 0ul), (m.Kind, m.Start, m.Length));
        Assert.Equal(0, a.Lock(1, Unlock, 0, 0, 1));
        Assert.Equal(0, b.Lock(1, Write, 0, 0, 1));
        Assert.Equal(1, a.Lock(1, Write, 0, 0, 1));
    }

    [Fact]
    public async Task A_blocking_lock_is_granted_when_the_other_node_clunks_or_its_client_goes()
    {
        await using var nodes = new SharedFileNodes();
        await using var one = await Serve(nodes, "a");
        await using var two = await Serve(nodes, "b");
        using var b = two.Ready("shared");
        b.Create(1, "f");
        using (var a = one.Ready("shared"))
        {
            a.Create(1, "f");
            Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
            b.Send(RawClient.Frame(9, Wait()));
            ServerHost.Until(() => two.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
            // The loop goes on meanwhile.
            Assert.Equal(Errno.None, b.Error(new Tgetattr { Fid = 1 }));
            Assert.Equal(Errno.None, a.Error(new Tclunk { Fid = 1 }));
            var frame = b.Receive()!;
            Assert.Equal((P9Type.Rlock, 9, 0), ((P9Type)frame[4], frame[5], frame[7]));
            Assert.Equal(0, b.Lock(1, Unlock, 0, 0, 1));
            a.Open(1, "f");
            Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
            b.Send(RawClient.Frame(9, Wait()));
            ServerHost.Until(() => two.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
        }

        var last = b.Receive()!;
        Assert.Equal((P9Type.Rlock, 9, 0), ((P9Type)last[4], last[5], last[7]));
    }

    [Fact]
    public async Task A_wait_ends_in_time_by_a_flush_with_its_fid_and_with_its_connection()
    {
        await using var nodes = new SharedFileNodes();
        await using var one = await Serve(nodes, "a");
        await using var two = await Serve(nodes, "b", holdMs: 300);
        await using var three = await Serve(nodes, "c");
        using var a = one.Ready("shared");
        a.Create(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        using (var b = two.Ready("shared"))
        {
            b.Create(1, "f");
            Assert.Equal(1, b.Lock(1, Write, 0, 0, 1, Block));
        }

        using (var c = three.Ready("shared"))
        {
            c.Create(1, "f");
            c.Send([.. RawClient.Frame(7, Wait()), .. RawClient.Frame(8, new Tflush { Oldtag = 7 })]);
            var (first, second) = (c.Receive()!, c.Receive()!);
            Assert.Equal((P9Type.Rlerror, 7, (byte)Errno.EINTR), ((P9Type)first[4], first[5], first[7]));
            Assert.Equal((P9Type.Rflush, 8), ((P9Type)second[4], second[5]));
            c.Send([.. RawClient.Frame(7, Wait()), .. RawClient.Frame(8, new Tclunk { Fid = 1 })]);
            Assert.Equal(new HashSet<P9Type> { P9Type.Rlerror, P9Type.Rclunk }, [(P9Type)c.Receive()![4], (P9Type)c.Receive()![4]]);
            c.Open(1, "f");
            c.Send(RawClient.Frame(7, Wait()));
            ServerHost.Until(() => three.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
        }

        three.UntilIdle();
        Assert.Equal(0, a.Lock(1, Unlock, 0, 0, 1));
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
    }

    private static async Task<ServerHost> Serve(SharedFileNodes nodes, string name, int holdMs = 20_000) =>
        new("portable", new NinePServerOptions { LockHoldMs = holdMs }, null, new NinePExport("shared", (await nodes.StartAsync(name)).Volume));

    private static Tlock Wait() => new() { Fid = 1, Kind = Write, ProcId = 2, Flags = Block, ClientId = "c"u8 };
}
