using Pentode.Core;
using Pentode.Files.Memory;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Clients that take more than they give.</summary>
public sealed class PressureTests
{
    private const long Limit = 1 << 20;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_client_that_never_reads_is_not_read_from_and_the_others_go_on(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxInFlightBytes = Limit });
        using var greedy = host.Ready();
        greedy.Create(1, "f");
        Assert.Equal(Errno.None, greedy.Error(new Twrite { Fid = 1, Data = new byte[60000] }));
        Push(greedy, RawClient.Frame(3, new Tread { Fid = 1, Count = 60000 }), 200_000);
        using var flusher = host.Ready();
        Push(flusher, RawClient.Frame(3, new Tflush { Oldtag = 9 }), 3_000_000);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Task.Run(() =>
        {
            using var c = host.Ready();
            c.Create(1, $"f{n}");
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(Errno.None, c.Error(new Twrite { Fid = 1, Data = new byte[1000] }));
                Assert.Equal(Errno.None, c.Error(new Tread { Fid = 1, Count = 1000 }));
            }
        })));

        // Two clients of a megabyte each (flushes may take twice that), and a receive buffer for each.
        Assert.InRange(host.OnLoop(() => host.Loop.Buffers.RentedBytes), 0, (4 * Limit) + (4 << 20));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Replies_come_in_full_when_the_client_reads_at_last(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxInFlightBytes = Limit });
        using var c = host.Ready();
        c.Create(1, "f");
        Assert.Equal(Errno.None, c.Error(new Twrite { Fid = 1, Data = new byte[60000] }));
        var requests = new List<byte>();
        for (ushort i = 0; i < 200; i++)
            requests.AddRange(RawClient.Frame(i, new Tread { Fid = 1, Count = 60000 }));
        c.Send([.. requests]);
        for (var i = 0; i < 200; i++)
        {
            var frame = c.Receive()!;
            Assert.Equal((60011, (byte)P9Type.Rread, i), (frame.Length, frame[4], frame[5] | (frame[6] << 8)));
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Requests_under_way_have_a_limit(string engine)
    {
        var gate = new TaskCompletionSource();
        var reads = 0;
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxTags = 16 }, new HookedTree(new MemoryTree(), n =>
        {
            if (n != "Read")
                return default;
            Interlocked.Increment(ref reads);
            return new ValueTask(gate.Task);
        }));
        using var c = host.Ready();
        c.Create(1, "f");
        for (ushort i = 0; i < 100; i++)
            c.Send(RawClient.Frame(i, new Tread { Fid = 1, Count = 10 }));
        ServerHost.Until(() => Volatile.Read(ref reads) >= 16, "16 reads");
        Assert.Equal(16, host.OnLoop(() => Volatile.Read(ref reads)));
        gate.SetResult();
        for (var i = 0; i < 100; i++)
            Assert.Equal((byte)P9Type.Rread, c.Receive()![4]);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_client_that_vanishes_leaves_nothing(string engine)
    {
        var gate = new TaskCompletionSource();
        await using var host = new ServerHost(engine, tree: new HookedTree(new MemoryTree(), n => n is "Read" or "Write" ? new ValueTask(gate.Task) : default));
        for (var i = 0; i < 20; i++)
        {
            using var c = host.Ready();
            c.Create(1, $"f{i}");
            for (ushort tag = 1; tag < 10; tag++)
                c.Send([.. RawClient.Frame((ushort)(2 * tag), new Tread { Fid = 1, Count = 50000 }), .. RawClient.Frame((ushort)((2 * tag) + 1), new Twrite { Fid = 1, Data = new byte[30000] })]);
            ServerHost.Until(() => host.Server.Sessions.Any(s => s.InFlight > 0), "requests under way");
        }

        gate.SetResult();
        host.UntilIdle();
        using var last = host.Ready();
        Assert.Equal(Errno.None, last.Error(new Tgetattr { Fid = 0 }));
    }

    /// <summary>Sends a frame over and over until nobody takes it any more.</summary>
    private static void Push(RawClient client, byte[] frame, int times)
    {
        var chunk = Enumerable.Repeat(frame, 200).SelectMany(f => f).ToArray();
        var refusals = 0;
        for (long sent = 0, all = (long)frame.Length * times; sent < all && refusals < 50;)
        {
            var from = (int)(sent % chunk.Length);
            var n = client.TrySend(chunk.AsSpan(from));
            Assert.True(n >= 0, "the server closed");
            sent += n;
            refusals = n == 0 ? refusals + 1 : 0;
            if (n == 0)
                Thread.Sleep(2);
        }

        Assert.True(refusals > 0, "the server took everything");
    }
}
