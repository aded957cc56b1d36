using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>What every engine has to do.</summary>
public abstract class EngineTests(string engine)
{
    private const int Canceled = -(int)Errno.ECANCELED;

    [Fact]
    public Task TcpEchoWithAccept() => OnLoopAsync(async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var sink = new CollectingSink();
        loop.Accept(listener, sink);
        var client = Sockets.CreateTcp().Value;
        Assert.Equal(0, await loop.ConnectAsync(client, Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener))));
        Assert.StartsWith("127.0.0.1:", Sockets.PeerName(client), StringComparison.Ordinal);
        await EchoAsync(loop, client, await sink.First.Task);
        loop.StopAccepting(listener);
        Assert.Equal(0, await sink.Ended.Task);
        loop.Close(listener);
    });

    [Fact]
    public Task UnixEchoAndStaleSocket() => OnLoopAsync(async loop =>
    {
        var path = Path.Combine(Path.GetTempPath(), $"pentode-{Guid.NewGuid():N}");
        FileCalls.Close(Sockets.ListenUnix(path).Value);
        var listener = Sockets.ListenUnix(path).Value;
        var sink = new CollectingSink();
        loop.Accept(listener, sink);
        var client = Sockets.CreateUnix().Value;
        Assert.Equal(0, await loop.ConnectAsync(client, Sockets.UnixAddress(path)));
        Assert.StartsWith("unix:pid=", Sockets.PeerName(client), StringComparison.Ordinal);
        await EchoAsync(loop, client, await sink.First.Task);

        // After the echo: the probe of the second listener is a connection of its own.
        Assert.Equal(Errno.EADDRINUSE, Sockets.ListenUnix(path).Error);
        loop.StopAccepting(listener);
        Assert.Equal(0, await sink.Ended.Task);
        loop.Close(listener);
        File.Delete(path);
    });

    [Fact]
    public Task LargeSendToSlowReader() => OnLoopAsync(async loop =>
    {
        var (a, b) = Sockets.Pair();
        var data = Pinned(4 << 20);
        new Random(1).NextBytes(data);
        var got = Pinned(data.Length);
        var sending = loop.SendAsync(a, data).AsTask();
        await loop.DelayAsync(20);
        Assert.False(sending.IsCompleted);
        Assert.Equal(got.Length, await loop.ReceiveAsync(b, got, waitAll: true));
        Assert.Equal(data.Length, await sending);
        Assert.True(data.AsSpan().SequenceEqual(got));
        CloseBoth(loop, a, b);
    });

    [Fact]
    public Task VectoredSendOfManyParts() => OnLoopAsync(async loop =>
    {
        var (a, b) = Sockets.Pair();
        var data = Pinned(64 * 10000);
        new Random(2).NextBytes(data);
        var parts = Enumerable.Range(0, 64).Select(i => new ReadOnlyMemory<byte>(data, i * 10000, 10000)).ToArray();
        var done = new Result();
        loop.SendVectored(a, parts, done);
        Assert.True(done.IsPending);
        Assert.Throws<InvalidOperationException>(() => loop.Delay(1, done));
        var got = Pinned(data.Length);
        Assert.Equal(got.Length, await loop.ReceiveAsync(b, got, waitAll: true));
        Assert.Equal(data.Length, await done.Task);
        Assert.True(data.AsSpan().SequenceEqual(got));
        CloseBoth(loop, a, b);
    });

    [Fact]
    public Task ReceiveAllStopsAtEndOfStream() => OnLoopAsync(async loop =>
    {
        var (a, b) = Sockets.Pair();
        var receiving = loop.ReceiveAsync(b, Pinned(10), waitAll: true).AsTask();
        Assert.Equal(3, await loop.SendAsync(a, Pinned(3)));
        Assert.Equal(4, await loop.SendAsync(a, Pinned(4)));
        Sockets.Shutdown(a);
        Assert.Equal(7, await receiving);
        Assert.Equal(0, await loop.ReceiveAsync(b, Pinned(10)));
        CloseBoth(loop, a, b);
    });

    [Fact]
    public Task FileReadWriteFsyncFallocate() => OnLoopAsync(async loop =>
    {
        var path = Path.GetTempFileName();
        var file = FileCalls.Open(path, FileCalls.O_RDWR);
        var data = Pinned(5000);
        new Random(3).NextBytes(data);
        Assert.Equal(5000, await loop.WriteAsync(file, data, 100, dataSync: true));
        Assert.Equal(5000, await loop.WriteAsync(file, data, 100, dataSync: false));
        var got = Pinned(8000);
        Assert.Equal(5000, await loop.ReadAsync(file, got, 100));
        Assert.True(got.AsSpan(0, 5000).SequenceEqual(data));
        Assert.Equal(0, await loop.ReadAsync(file, got, 9999));
        Assert.Equal(0, await loop.FsyncAsync(file, dataOnly: false));
        Assert.Equal(0, await loop.FsyncAsync(file, dataOnly: true));
        Assert.Equal(0, await loop.FallocateAsync(file, 0, 0, 20000));
        Assert.Equal(20000, FileCalls.Size(file));
        loop.Close(file);
        File.Delete(path);
        Assert.Equal(-(int)Errno.EBADF, await loop.ReadAsync(1 << 20, got, 0));
        Assert.Equal(-(int)Errno.EBADF, await loop.WriteAsync(1 << 20, data, 0, dataSync: false));
        Assert.Equal(-(int)Errno.EBADF, await loop.ReceiveAsync(1 << 20, got));
    });

    [Fact]
    public Task CancelOfReceiveAndDelay() => OnLoopAsync(async loop =>
    {
        var (a, b) = Sockets.Pair();
        var receiving = new Result();
        loop.Receive(b, Pinned(1), receiving);
        var delay = new Result();
        loop.Delay(60_000, delay);
        loop.Cancel(receiving);
        loop.Cancel(delay);
        Assert.Equal(Canceled, await receiving.Task);
        Assert.Equal(Canceled, await delay.Task);
        var before = Environment.TickCount64;
        Assert.Equal(0, await loop.DelayAsync(30));
        Assert.InRange(Environment.TickCount64 - before, 20, 5000);
        CloseBoth(loop, a, b);
    });

    [Fact]
    public Task RunBlockingReturnsResult() => OnLoopAsync(async loop =>
    {
        var thread = Environment.CurrentManagedThreadId;
        var ran = await loop.RunBlockingAsync(static s => Environment.CurrentManagedThreadId == (int)s! ? 1 : 42, thread);
        Assert.Equal(42, ran);
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
    });

    [Fact]
    public Task TurnEndComesAfterCompletions() => OnLoopAsync(async loop =>
    {
        var order = new List<string>();
        loop.AtTurnEnd(new TurnEnd(() => order.Add("end")));
        order.Add("work");
        await loop.DelayAsync(1);
        Assert.Equal(["work", "end"], order);
    });

    [Fact]
    public Task ResetPeerFailsTheSend() => OnLoopAsync(async loop =>
    {
        var (a, b) = Sockets.Pair();
        var sending = loop.SendAsync(a, Pinned(4 << 20)).AsTask();
        await loop.DelayAsync(5);
        loop.Close(b);
        Assert.Contains(await sending, new[] { -(int)Errno.EPIPE, -(int)Errno.ECONNRESET });
        loop.Close(a);
    });

    [Fact]
    public async Task PostsKeepTheirOrder()
    {
        var loop = Create();
        var seen = new List<int>[3];
        var threads = Enumerable.Range(0, 3).Select(t => new Thread(() =>
        {
            seen[t] = [];
            for (var i = 0; i < 1000; i++)
                loop.Post(s => seen[t].Add((int)s!), i);
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        await loop.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.All(seen, s => Assert.Equal(Enumerable.Range(0, 1000), s));
    }

    [Fact]
    public async Task StopCompletesEverything()
    {
        var loop = Create();
        var (a, b) = Sockets.Pair();
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var sink = new CollectingSink();
        var results = Enumerable.Range(0, 4).Select(_ => new Result()).ToArray();
        loop.Post(_ =>
        {
            loop.Accept(listener, sink);
            loop.Receive(b, Pinned(10), results[0]);
            loop.Delay(60_000, results[1]);
            loop.Send(a, Pinned(8 << 20), results[2]);
            loop.Poll(listener, 1, results[3]);
        });
        await loop.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.All(results, r => Assert.True(r.Task.IsCompleted));
        Assert.Equal(Canceled, await results[1].Task);
        Assert.True(await sink.Ended.Task < 0);
        Assert.Equal(0, loop.PendingOperations);
        foreach (var descriptor in new[] { a, b, listener })
            FileCalls.Close(descriptor);
    }

    [Fact]
    public Task CollectionsDuringTraffic() => OnLoopAsync(async loop =>
    {
        using var stop = new ManualResetEventSlim();
        var collector = new Thread(() =>
        {
            // The pause lets the loop run on a machine with few processors.
            while (!stop.Wait(1))
                GC.Collect();
        })
        { IsBackground = true };
        collector.Start();
        var (a, b) = Sockets.Pair();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var data = Pinned(1000);
                data.AsSpan().Fill((byte)i);
                var got = Pinned(1000);
                Assert.Equal(1000, await loop.SendAsync(a, data));
                Assert.Equal(1000, await loop.ReceiveAsync(b, got, waitAll: true));
                Assert.True(data.AsSpan().SequenceEqual(got));
            }
        }
        finally
        {
            stop.Set();
            collector.Join();
        }

        CloseBoth(loop, a, b);
    });

    /// <summary>Runs a test body on a fresh loop and stops it.</summary>
    protected async Task OnLoopAsync(Func<IoLoop, Task> body)
    {
        var loop = Create();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(async _ =>
        {
            try
            {
                await body(loop);
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        try
        {
            await done.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
        finally
        {
            await loop.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    private static void CloseBoth(IoLoop loop, int a, int b)
    {
        loop.Close(a);
        loop.Close(b);
    }

    private static async Task EchoAsync(IoLoop loop, int client, int server)
    {
        var buffer = Pinned(5);
        var receiving = loop.ReceiveAsync(server, buffer, waitAll: true).AsTask();
        byte[] hello = [.. "hello"u8];
        var pinned = Pinned(5);
        hello.CopyTo(pinned, 0);
        Assert.Equal(5, await loop.SendAsync(client, pinned));
        Assert.Equal(5, await receiving);
        Assert.Equal(5, await loop.SendAsync(server, buffer));
        var back = Pinned(5);
        Assert.Equal(5, await loop.ReceiveAsync(client, back, waitAll: true));
        Assert.Equal(hello, back);
        CloseBoth(loop, client, server);
    }

    private IoLoop Create()
    {
        var loop = LoopFactory.Create(engine, new LoopOptions());
        loop.Start();
        return loop;
    }

    private sealed class Result : IoCompletion
    {
        private readonly TaskCompletionSource<int> _source = new();

        public Task<int> Task => _source.Task;

        public override void Complete(int result) => _source.SetResult(result);
    }

    private sealed class TurnEnd(Action action) : ITurnEnd
    {
        public void OnTurnEnd() => action();
    }

    private sealed class CollectingSink : IAcceptSink
    {
        public TaskCompletionSource<int> First { get; } = new();

        public TaskCompletionSource<int> Ended { get; } = new();

        public void OnAccepted(int socket) => First.TrySetResult(socket);

        public void OnAcceptEnded(int result) => Ended.TrySetResult(result);
    }
}
