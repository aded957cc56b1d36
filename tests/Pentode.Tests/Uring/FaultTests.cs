using System.Collections.Concurrent;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>A callback that throws is reported once, its owner is told, and the loop goes on.</summary>
public sealed class FaultTests
{
    private readonly ConcurrentQueue<Exception> _reported = new();

    [Theory, ClassData(typeof(Engines))]
    public Task Posted_callback(string engine) => RunAsync(engine, async loop =>
    {
        var owner = new Owner();
        loop.Post(static s => ((Owner)s!).Throw(), owner);
        loop.Post(static _ => throw new FormatException("without owner"));
        await loop.DelayAsync(1);
        Assert.Equal(1, owner.Faults);
        Assert.Equal(2, _reported.Count);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Completion_of_every_kind(string engine) => RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var owners = Enumerable.Range(0, 5).Select(_ => new Owner()).ToArray();
        var buffer = EngineHost.Pinned(8);
        loop.Receive(b, buffer, owners[0]);
        loop.Send(a, EngineHost.Pinned(4), owners[1]);
        loop.Delay(1, owners[2]);
        loop.RunBlocking(static _ => 1, null, owners[3]);
        loop.Read(-1, buffer, 0, owners[4]);
        while (owners.Any(o => o.Faults == 0))
            await loop.DelayAsync(1);
        Assert.All(owners, o => Assert.Equal(1, o.Faults));
        Assert.All(owners, o => Assert.False(o.IsPending));
        Assert.Equal(5, _reported.Count);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Others_of_the_turn_run_all_the_same(string engine) => RunAsync(engine, async loop =>
    {
        var ran = 0;
        var owner = new Owner();
        for (var i = 0; i < 10; i++)
        {
            loop.Post(_ => ran++);
            loop.Post(static _ => throw new FormatException());
            loop.Delay(0, new Owner());
            loop.Delay(0, new Calling(() => ran++));
            loop.AtTurnEnd(new Owner());
            loop.AtTurnEnd(new Calling(() => ran++));
        }

        while (ran < 30)
            await loop.DelayAsync(1);
        Assert.Equal(30, _reported.Count);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Job_on_a_worker_is_reported_and_gives_EIO(string engine) => RunAsync(engine, async loop =>
    {
        Assert.Equal(-(int)Errno.EIO, await loop.RunBlockingAsync(static _ => throw new FormatException("job"), null));
        Assert.IsType<FormatException>(Assert.Single(_reported));
        Assert.Equal(3, await loop.RunBlockingAsync(static _ => 3, null));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Accept_sink(string engine) => RunAsync(engine, async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var sink = new ThrowingSink();
        loop.Accept(listener, sink);
        for (var i = 1; i <= 3; i++)
        {
            var client = Sockets.CreateTcp().Value;
            Assert.Equal(0, await loop.ConnectAsync(client, Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener))));
            while (sink.Faults < i)
                await loop.DelayAsync(1);
            loop.Close(client);
        }

        loop.StopAccepting(listener);
        while (sink.Faults < 4)
            await loop.DelayAsync(1);
        Assert.Equal(4, _reported.Count);
        loop.Close(listener);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Owner_that_throws_again_and_reporter_that_throws(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        loop.Post(static s => ((Owner)s!).Throw(), new Owner { ThrowsAgain = true });
        Assert.Equal(0, await loop.DelayAsync(1));
    }, new LoopOptions { Fault = _ => throw new InvalidOperationException("reporter") });

    [Theory, ClassData(typeof(Engines))]
    public Task Async_void_method(string engine) => RunAsync(engine, async loop =>
    {
        Throwing(loop);
        while (_reported.IsEmpty)
            await loop.DelayAsync(1);
        Assert.IsType<FormatException>(Assert.Single(_reported));

        static async void Throwing(IoLoop loop)
        {
            await loop.DelayAsync(1);
            throw new FormatException("async void");
        }
    });

    private Task RunAsync(string engine, Func<IoLoop, Task> body) =>
        EngineHost.RunAsync(engine, body, new LoopOptions { Fault = _reported.Enqueue });

    private sealed class Owner : IoCompletion, ITurnEnd, IFaultOwner
    {
        public bool ThrowsAgain { get; init; }

        public int Faults { get; private set; }

        public override void Complete(int result) => Throw();

        public void OnTurnEnd() => Throw();

        public void Throw() => throw new FormatException("owner");

        public void OnFault(Exception error)
        {
            Assert.IsType<FormatException>(error);
            Faults++;
            if (ThrowsAgain)
                throw new FormatException("again");
        }
    }

    private sealed class Calling(Action action) : IoCompletion, ITurnEnd
    {
        public override void Complete(int result) => action();

        public void OnTurnEnd() => action();
    }

    private sealed class ThrowingSink : IAcceptSink, IFaultOwner
    {
        public int Faults { get; private set; }

        public void OnAccepted(int socket)
        {
            FileCalls.Close(socket);
            throw new FormatException();
        }

        public void OnAcceptEnded(int result) => throw new FormatException();

        public void OnFault(Exception error) => Faults++;
    }
}
