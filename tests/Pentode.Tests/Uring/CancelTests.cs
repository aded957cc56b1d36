using System.Net;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Testing.Processes;
using Pentode.Uring;
using Sockets = Pentode.Linux.Sockets;

namespace Pentode.Tests.Uring;

/// <summary>Cancelling: the completion runs once, and the object can be used again afterwards.</summary>
public sealed class CancelTests
{
    private const int Canceled = -(int)Errno.ECANCELED;

    [Theory, ClassData(typeof(Engines))]
    public Task Socket_operations_that_wait(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var (c, d) = Sockets.Pair();
        var part = EngineHost.Pinned(4 << 20);
        var outcomes = Enumerable.Range(0, 5).Select(_ => new Outcome()).ToArray();
        loop.Receive(a, EngineHost.Pinned(8), outcomes[0]);
        loop.Receive(b, EngineHost.Pinned(8), outcomes[1], waitAll: true);
        loop.Poll(b, 1, outcomes[2]);
        loop.Send(c, part, outcomes[3]);
        loop.SendVectored(d, [part, part], outcomes[4]);
        await loop.DelayAsync(1);
        Assert.All(outcomes, o => Assert.True(o.IsPending));
        foreach (var outcome in outcomes)
        {
            loop.Cancel(outcome);
            loop.Cancel(outcome);
        }

        Assert.All(outcomes, o => Assert.True(o.IsPending));
        foreach (var outcome in outcomes.Take(3))
            Assert.Equal(Canceled, await outcome.Task);

        // A send that moved something may tell how much instead.
        foreach (var outcome in outcomes.Skip(3))
            Assert.True(await outcome.Task is Canceled or > 0);
        foreach (var socket in new[] { a, b, c, d })
            loop.Close(socket);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Connect_that_nobody_accepts(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        // A full backlog leaves the connection of a client waiting.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var address = Sockets.TcpAddress("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port);
        var clients = new List<int>();
        var connects = new List<Outcome>();
        for (var i = 0; i < 6; i++)
        {
            clients.Add(Sockets.CreateTcp().Value);
            connects.Add(new Outcome());
            loop.Connect(clients[^1], address, connects[^1]);
        }

        await loop.DelayAsync(20);
        var waiting = connects.Where(c => c.IsPending).ToArray();
        Assert.NotEmpty(waiting);
        foreach (var connect in waiting)
            loop.Cancel(connect);
        var results = new List<int>();
        foreach (var connect in waiting)
            results.Add(await connect.Task);

        // On a loaded machine one may have got through just then.
        Assert.All(results, r => Assert.True(r is 0 or Canceled));
        Assert.Contains(Canceled, results);
        clients.ForEach(loop.Close);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task File_operations_end_once_whoever_wins(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        using var directory = new TemporaryDirectory();
        var file = FileCalls.Open(Path.Combine(directory.Path, "file"), FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
        byte[] buffer = EngineHost.Pinned(1 << 20), source = EngineHost.Pinned(1 << 20);
        for (var round = 0; round < 30; round++)
        {
            var outcomes = Enumerable.Range(0, 5).Select(_ => new Outcome()).ToArray();
            loop.Write(file, source, 0, round % 2 == 0, outcomes[0]);
            loop.Read(file, buffer, 0, outcomes[1]);
            loop.Fsync(file, round % 2 == 0, outcomes[2]);
            loop.Fallocate(file, 0, 0, 2 << 20, outcomes[3]);
            loop.RunBlocking(static _ => 9, null, outcomes[4]);
            if (round % 3 == 0)
                await loop.DelayAsync(0);
            foreach (var outcome in outcomes)
                loop.Cancel(outcome);
            foreach (var outcome in outcomes)
                Assert.True(await outcome.Task is Canceled or >= 0);
        }

        loop.Close(file);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Finished_and_foreign_completions_are_left_alone(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var outcome = new Reused();
        loop.Cancel(outcome);
        for (var i = 0; i < 300; i++)
        {
            // The same object, and in the ring the same slot, again and again: a cancel of the last use must not hit this one.
            loop.Receive(b, EngineHost.Pinned(1), outcome);
            if (i % 2 == 0)
                loop.Cancel(outcome);
            else
                Assert.Equal(1, await loop.SendAsync(a, EngineHost.Pinned(1)));
            Assert.Equal(i % 2 == 0 ? Canceled : 1, await outcome.NextAsync());
            loop.Cancel(outcome);
            Assert.False(outcome.IsPending);
        }

        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task From_inside_a_completion(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var waiting = new Outcome();
        loop.Receive(b, EngineHost.Pinned(1), waiting);
        loop.Delay(0, new Cancelling(loop, waiting));
        Assert.Equal(Canceled, await waiting.Task);
        loop.Close(a);
        loop.Close(b);
    });

    private sealed class Reused : IoCompletion
    {
        private TaskCompletionSource<int> _next = new();

        public override void Complete(int result) => _next.SetResult(result);

        public async Task<int> NextAsync()
        {
            var result = await _next.Task;
            _next = new TaskCompletionSource<int>();
            return result;
        }
    }

    private sealed class Cancelling(IoLoop loop, IoCompletion target) : IoCompletion
    {
        public override void Complete(int result) => loop.Cancel(target);
    }
}
