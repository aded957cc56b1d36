using Pentode.Core;
using Pentode.Linux;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Stopping with everything in flight.</summary>
public sealed class StopTests
{
    private const int Canceled = -(int)Errno.ECANCELED;

    [Theory, ClassData(typeof(Engines))]
    public async Task Every_completion_runs_exactly_once(string engine)
    {
        using var directory = new TemporaryDirectory();
        var file = FileCalls.Open(Path.Combine(directory.Path, "file"), FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var (a, b) = Sockets.Pair();
        var loop = EngineHost.Start(engine);
        var outcomes = Enumerable.Range(0, 400).Select(_ => new Outcome()).ToArray();
        var log = new AcceptLog();
        var buffer = EngineHost.Pinned(1 << 20);
        loop.Post(_ =>
        {
            loop.Accept(listener, log);
            for (var i = 0; i < outcomes.Length; i++)
                StartOne(loop, i % 8, file, listener, (a, b), buffer, outcomes[i]);
        });
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        Assert.All(outcomes, o => Assert.True(o.Task.IsCompletedSuccessfully && !o.IsPending));
        Assert.Equal(Canceled, await log.Ended.Task);
        Assert.Equal(0, loop.PendingOperations);
        foreach (var descriptor in new[] { a, b, file, listener })
            Assert.Equal(0, FileCalls.Close(descriptor));
    }

    [Theory, ClassData(typeof(Engines))]
    public async Task Work_started_while_stopping_is_cancelled(string engine)
    {
        var loop = EngineHost.Start(engine);
        var (a, b) = Sockets.Pair();
        var later = Enumerable.Range(0, 4).Select(_ => new Outcome()).ToArray();
        var first = new Restarting(() =>
        {
            loop.Receive(a, EngineHost.Pinned(1), later[0]);
            loop.Delay(1000, later[1]);
            loop.RunBlocking(static _ => 1, null, later[2]);
            loop.Read(a, EngineHost.Pinned(1), 0, later[3]);
        });
        loop.Post(_ => loop.Receive(b, EngineHost.Pinned(1), first));
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        foreach (var outcome in later)
            Assert.Equal(Canceled, await outcome.Task);
        FileCalls.Close(a);
        FileCalls.Close(b);
    }

    [Theory, ClassData(typeof(Engines))]
    public async Task Posts_before_the_stop_still_run(string engine)
    {
        var loop = EngineHost.Start(engine);
        var ran = 0;
        for (var i = 0; i < 5000; i++)
            loop.Post(_ => ran++);
        var stopping = loop.StopAsync();
        Assert.Same(stopping, loop.StopAsync());
        await stopping.WaitAsync(EngineHost.Limit);
        Assert.Equal(5000, ran);
    }

    [Theory, ClassData(typeof(Engines))]
    public async Task Loop_that_never_started_stops(string engine)
    {
        var loop = LoopFactory.Create(engine, new LoopOptions());
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        loop.Post(_ => Assert.Fail("ran"));
    }

    [Theory, ClassData(typeof(Engines))]
    public Task Stopping_from_inside_and_starting_twice_are_refused(string engine) => EngineHost.RunAsync(engine, loop =>
    {
        Assert.Throws<InvalidOperationException>(() => { _ = loop.StopAsync(); });
        Assert.Throws<InvalidOperationException>(loop.Start);
        return Task.CompletedTask;
    });

    [Theory, ClassData(typeof(Engines))]
    public async Task Buffers_rented_when_it_stops_can_still_be_released(string engine)
    {
        var loop = EngineHost.Start(engine);
        var (a, b) = Sockets.Pair();
        var buffer = loop.Buffers;
        var rented = new TaskCompletionSource<Pentode.Core.Buffers.NativeBuffer>();
        var outcome = new Outcome();
        loop.Post(_ =>
        {
            var native = loop.Buffers.Rent(4096);
            loop.Receive(a, native.Memory, outcome);
            rented.SetResult(native);
        });
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        Assert.Equal(Canceled, await outcome.Task);
        (await rented.Task).Release();
        Assert.Equal(0, buffer.RentedBytes);
        Assert.Equal(0, buffer.IdleBytes);
        FileCalls.Close(a);
        FileCalls.Close(b);
    }

    private static void StartOne(IoLoop loop, int kind, int file, int listener, (int A, int B) pair, byte[] buffer, Outcome outcome)
    {
        switch (kind)
        {
            case 0:
                loop.Receive(pair.A, buffer, outcome);
                break;
            case 1:
                loop.Poll(listener, 1, outcome);
                break;
            case 2:
                loop.Delay(60_000, outcome);
                break;
            case 3:
                loop.Write(file, buffer, 0, dataSync: true, outcome);
                break;
            case 4:
                loop.Read(file, buffer, 0, outcome);
                break;
            case 5:
                loop.Fsync(file, dataOnly: false, outcome);
                break;
            case 6:
                loop.RunBlocking(static _ => 1, null, outcome);
                break;
            default:
                loop.Fallocate(file, 0, 0, 1 << 20, outcome);
                break;
        }
    }

    private sealed class Restarting(Action action) : IoCompletion
    {
        public override void Complete(int result)
        {
            Assert.Equal(Canceled, result);
            action();
        }
    }
}
