using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Sends and receives that take several steps, and connections that die at each of them.</summary>
public sealed class TransferTests
{
    private static readonly int[] s_dead = [-(int)Errno.EPIPE, -(int)Errno.ECONNRESET];

    [Theory, ClassData(typeof(Engines))]
    public Task Vectored_sends_go_on_where_they_stopped(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        // Odd part lengths, among them none, and a small socket buffer: nearly every send stops inside a part.
        var (a, b) = Sockets.Pair();
        Sockets.SetBufferSizes(a, 4608, 0);
        var random = new Random(5);
        for (var round = 0; round < 10; round++)
        {
            var data = EngineHost.PinnedRandom(200_000, round);
            var parts = new List<ReadOnlyMemory<byte>>();
            var start = 0;
            while (parts.Count < 63)
            {
                var length = random.Next(4) == 0 ? 0 : random.Next(1, 6000);
                length = Math.Min(length, data.Length - start);
                parts.Add(data.AsMemory(start, length));
                start += length;
            }

            parts.Add(data.AsMemory(start));
            var sending = new Outcome();
            loop.SendVectored(a, parts.ToArray(), sending);
            var got = EngineHost.Pinned(data.Length);
            var taken = 0;
            while (taken < got.Length)
            {
                var result = await loop.ReceiveAsync(b, got.AsMemory(taken, Math.Min(got.Length - taken, random.Next(1, 9000))));
                Assert.True(result > 0);
                taken += result;
            }

            Assert.Equal(data.Length, await sending.Task);
            Assert.Equal(data, got);
        }

        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Patient_sends_lose_nothing_when_the_socket_is_full(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        // Each send finds a socket that takes all, some or nothing of it; what arrives must be every byte once, and every end must be told.
        var (a, b) = Sockets.Pair();
        Sockets.SetBufferSizes(a, 8192, 0);
        var random = new Random(11);
        var got = EngineHost.Pinned(1 << 20);
        for (var round = 0; round < 300; round++)
        {
            var data = EngineHost.PinnedRandom(random.Next(1, 60_000), round);
            var cut = random.Next(data.Length + 1);
            var sending = new Outcome { IsPatient = true };
            if (round % 2 == 0)
                loop.Send(a, data, sending);
            else
                loop.SendVectored(a, new ReadOnlyMemory<byte>[] { data.AsMemory(0, cut), data.AsMemory(cut) }, sending);
            var taken = 0;
            while (taken < data.Length)
            {
                var result = await loop.ReceiveAsync(b, got.AsMemory(taken, Math.Min(data.Length - taken, random.Next(1, 9000))));
                Assert.True(result > 0);
                taken += result;
            }

            Assert.Equal(data, got[..data.Length]);
            await loop.DelayAsync(0);
            Assert.True(sending.Task.IsCompleted);
            Assert.Equal(data.Length, await sending.Task);
        }

        loop.Close(b);
        var last = new Outcome { IsPatient = true };
        loop.Send(a, EngineHost.Pinned(100), last);
        Assert.Contains(await last.Task, s_dead);
        loop.Close(a);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task At_most_64_parts_go_in_one_send(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var refused = new Outcome();
        Assert.Throws<ArgumentOutOfRangeException>(() => loop.SendVectored(a, new ReadOnlyMemory<byte>[65], refused));
        Assert.False(refused.IsPending);
        Assert.Equal(1, await loop.SendAsync(a, EngineHost.Pinned(1)));
        Assert.Equal(1, await loop.ReceiveAsync(b, EngineHost.Pinned(9)));
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Both_directions_at_once(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        byte[] one = EngineHost.PinnedRandom(3 << 20, 1), two = EngineHost.PinnedRandom(2 << 20, 2);
        byte[] gotOne = EngineHost.Pinned(one.Length), gotTwo = EngineHost.Pinned(two.Length);
        Task<int>[] all =
        [
            loop.SendAsync(a, one).AsTask(), loop.SendAsync(b, two).AsTask(),
            loop.ReceiveAsync(b, gotOne, waitAll: true).AsTask(), loop.ReceiveAsync(a, gotTwo, waitAll: true).AsTask(),
        ];
        Assert.Equal([one.Length, two.Length, one.Length, two.Length], await Task.WhenAll(all));
        Assert.Equal(one, gotOne);
        Assert.Equal(two, gotTwo);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Nobody_listens(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var port = Sockets.LocalPort(listener);
        loop.Close(listener);
        var client = Sockets.CreateTcp().Value;
        Assert.Equal(-(int)Errno.ECONNREFUSED, await loop.ConnectAsync(client, Sockets.TcpAddress("127.0.0.1", port)));
        loop.Close(client);
        var other = Sockets.CreateUnix().Value;
        Assert.Equal(-(int)Errno.ECONNREFUSED, await loop.ConnectAsync(other, Sockets.UnixAddress($"@pentode-nobody-{Guid.NewGuid():N}")));
        Assert.Equal(-(int)Errno.EINVAL, await loop.ConnectAsync(other, new byte[1]));
        Assert.True(await loop.ConnectAsync(other, new byte[500]) < 0);
        Assert.True(await loop.SendAsync(other, EngineHost.Pinned(1)) < 0);
        loop.Close(other);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Reset_while_receiving(string engine) => OnTcpAsync(engine, async (loop, client, server) =>
    {
        var receiving = new Outcome();
        loop.Receive(server, EngineHost.Pinned(100), receiving, waitAll: true);
        await loop.DelayAsync(1);
        Sockets.SetResetOnClose(client);
        loop.Close(client);
        Assert.Equal(-(int)Errno.ECONNRESET, await receiving.Task);
        Assert.Contains(await loop.SendAsync(server, EngineHost.Pinned(1)), s_dead);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Reset_in_the_middle_of_a_receive_of_all(string engine) => OnTcpAsync(engine, async (loop, client, server) =>
    {
        var receiving = new Outcome();
        loop.Receive(server, EngineHost.Pinned(100), receiving, waitAll: true);
        Assert.Equal(40, await loop.SendAsync(client, EngineHost.Pinned(40)));
        Sockets.SetResetOnClose(client);
        loop.Close(client);

        // Either what came before the reset or the reset; never a hang and never a full buffer.
        Assert.Contains(await receiving.Task, new[] { 40, -(int)Errno.ECONNRESET });
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Reset_while_sending(string engine) => OnTcpAsync(engine, async (loop, client, server) =>
    {
        var sending = new Outcome();
        var part = EngineHost.Pinned(1 << 20);
        loop.SendVectored(server, Enumerable.Repeat((ReadOnlyMemory<byte>)part, 40).ToArray(), sending);
        Assert.True(await loop.ReceiveAsync(client, EngineHost.Pinned(1000)) > 0);
        Assert.True(sending.IsPending);
        Sockets.SetResetOnClose(client);
        loop.Close(client);
        Assert.Contains(await sending.Task, s_dead);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Half_closed_connections_still_answer(string engine) => OnTcpAsync(engine, async (loop, client, server) =>
    {
        Assert.Equal(3, await loop.SendAsync(client, EngineHost.Pinned(3)));
        Sockets.ShutdownSend(client);
        Assert.Equal(3, await loop.ReceiveAsync(server, EngineHost.Pinned(9), waitAll: true));
        Assert.Equal(0, await loop.ReceiveAsync(server, EngineHost.Pinned(9)));
        Assert.Equal(5, await loop.SendAsync(server, EngineHost.Pinned(5)));
        Assert.Equal(5, await loop.ReceiveAsync(client, EngineHost.Pinned(5), waitAll: true));
        loop.Close(client);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Numbers_of_closed_sockets_are_used_again(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        // The kernel gives the lowest free number, so each pair has the numbers of the one before: no event may cross over.
        for (var i = 0; i < 200; i++)
        {
            var (a, b) = Sockets.Pair();
            var cancelled = new Outcome();
            loop.Receive(a, EngineHost.Pinned(1), cancelled);
            Assert.Equal(1, await loop.SendAsync(a, EngineHost.PinnedRandom(1, i)));
            var got = EngineHost.Pinned(1);
            Assert.Equal(1, await loop.ReceiveAsync(b, got));
            Assert.Equal(EngineHost.PinnedRandom(1, i)[0], got[0]);
            loop.Cancel(cancelled);
            Assert.Equal(-(int)Errno.ECANCELED, await cancelled.Task);
            loop.Close(a);
            loop.Close(b);
        }
    });

    private static Task OnTcpAsync(string engine, Func<IoLoop, int, int, Task> body) => EngineHost.RunAsync(engine, async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var log = new AcceptLog();
        loop.Accept(listener, log);
        var client = Sockets.CreateTcp().Value;
        Assert.Equal(0, await loop.ConnectAsync(client, Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener))));
        await log.CountAsync(1);
        loop.StopAccepting(listener);
        await log.Ended.Task;
        loop.Close(listener);
        await body(loop, client, log.Sockets[0]);
        loop.Close(log.Sockets[0]);
    });
}
