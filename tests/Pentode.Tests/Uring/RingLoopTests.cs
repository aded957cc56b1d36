using System.Net;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Linux.Uring;
using Pentode.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Uring;

public sealed class RingLoopTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public unsafe void Kernel_structures_have_their_sizes()
    {
        Assert.Equal(120, sizeof(RingParameters));
        Assert.Equal(64, sizeof(SubmissionEntry));
        Assert.Equal(16, sizeof(CompletionEntry));
        Assert.Equal(24, sizeof(EnterArgument));
        Assert.Equal(16, sizeof(KernelTimespec));
        Assert.Equal(16, sizeof(Pentode.Linux.Uring.IoVector));
        Assert.Equal(56, sizeof(MessageHeader));
    }

    [Fact]
    public async Task Post_runs_in_order_on_the_loop()
    {
        await using var host = new Host();
        var seen = new List<int>();
        var done = new TaskCompletionSource();
        for (var i = 0; i < 3000; i++)
        {
            var n = i;
            host.Loop.Post(_ =>
            {
                Assert.True(host.Loop.IsCurrent);
                seen.Add(n);
                if (n == 2999)
                    done.SetResult();
            });
        }

        await done.Task.WaitAsync(s_limit);
        Assert.Equal(Enumerable.Range(0, 3000), seen);
    }

    [Fact]
    public async Task Echo_over_a_socket_pair()
    {
        await using var host = new Host();
        var result = await host.Run(async loop =>
        {
            var (a, b) = RingPair.Make();
            byte[] outgoing = Pinned(1 << 20), incoming = Pinned(1 << 20);
            new Random(1).NextBytes(outgoing);
            var send = loop.SendAsync(a, outgoing);
            var received = await loop.ReceiveAsync(b, incoming, waitAll: true);
            Assert.Equal(outgoing.Length, await send);
            loop.Close(a);
            Assert.Equal(0, await loop.ReceiveAsync(b, incoming));
            loop.Close(b);
            Assert.Equal(outgoing, incoming);
            return received;
        });
        Assert.Equal(1 << 20, result);
    }

    [Fact]
    public async Task Vectored_send_sends_every_part_in_order()
    {
        await using var host = new Host();
        await host.Run(async loop =>
        {
            var (a, b) = RingPair.Make();
            var source = Pinned(64 * 30000);
            new Random(2).NextBytes(source);
            var parts = Enumerable.Range(0, 64).Select(i => (ReadOnlyMemory<byte>)source.AsMemory(i * 30000, 30000)).ToArray();
            var done = new TaskCompletionSource<int>();
            loop.SendVectored(a, parts, new RingCallback(done.SetResult));
            var incoming = Pinned(source.Length);
            Assert.Equal(source.Length, await loop.ReceiveAsync(b, incoming, waitAll: true));
            Assert.Equal(source.Length, await done.Task);
            Assert.Equal(source, incoming);
            loop.Close(a);
            loop.Close(b);
            return 0;
        });
    }

    [Fact]
    public async Task Files_are_written_read_synced_and_allocated()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            var file = (int)handle.DangerousGetHandle();
            await using var host = new Host();
            await host.Run(async loop =>
            {
                byte[] data = Pinned(100_000), back = Pinned(200_000);
                new Random(3).NextBytes(data);
                Assert.Equal(data.Length, await loop.WriteAsync(file, data, 5, dataSync: true));
                Assert.Equal(0, await loop.FsyncAsync(file, dataOnly: true));
                Assert.Equal(data.Length, await loop.ReadAsync(file, back, 5));
                Assert.True(data.AsSpan().SequenceEqual(back.AsSpan(0, data.Length)));
                Assert.Equal(0, await loop.ReadAsync(file, back, 1 << 30));
                Assert.Equal(0, await loop.FallocateAsync(file, 0, 0, 300_000));
                Assert.Equal(200_000, await loop.ReadAsync(file, back, 50));
                Assert.Equal(-(int)Errno.EBADF, await loop.ReadAsync(-1, back, 0));
                return 0;
            });
            Assert.Equal(300_000, RandomAccess.GetLength(handle));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Cancelled_operations_end_with_ECANCELED()
    {
        await using var host = new Host();
        await host.Run(async loop =>
        {
            var (a, b) = RingPair.Make();
            TaskCompletionSource<int> receive = new(), delay = new(), poll = new();
            RingCallback first = new(receive.SetResult), second = new(delay.SetResult), third = new(poll.SetResult);
            loop.Receive(a, Pinned(16), first);
            loop.Delay(1_000_000, second);
            loop.Poll(b, 1, third);
            Assert.Throws<InvalidOperationException>(() => loop.Delay(1, first));
            Assert.Equal(3, loop.PendingOperations);
            loop.Cancel(first);
            loop.Cancel(second);
            loop.Cancel(third);
            Assert.Equal(-(int)Errno.ECANCELED, await receive.Task);
            Assert.Equal(-(int)Errno.ECANCELED, await delay.Task);
            Assert.Equal(-(int)Errno.ECANCELED, await poll.Task);
            Assert.Equal(0, loop.PendingOperations);
            loop.Close(a);
            loop.Close(b);
            return 0;
        });
    }

    [Fact]
    public async Task Stop_completes_everything_in_flight()
    {
        var host = new Host();
        var results = new List<int>();
        var sink = new Sink();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var (a, b) = RingPair.Make();
        await host.Run(loop =>
        {
            for (var i = 0; i < 1000; i++)
                loop.Receive(a, Pinned(8), new RingCallback(results.Add));
            for (var i = 0; i < 10; i++)
                loop.Delay(1_000_000, new RingCallback(results.Add));
            // A callback that starts more work during the stop.
            loop.Poll(b, 1, new RingCallback(_ => loop.Delay(5, new RingCallback(results.Add))));
            loop.RunBlocking(static _ => 7, null, new RingCallback(_ => { }));
            loop.Accept((int)listener.Handle, sink);
            return Task.FromResult(0);
        });
        await host.Loop.StopAsync().WaitAsync(s_limit);
        Assert.Equal(1011, results.Count);
        Assert.All(results, r => Assert.Equal(-(int)Errno.ECANCELED, r));
        Assert.Equal(-(int)Errno.ECANCELED, sink.Ended);
        host.Loop.Post(_ => Assert.Fail("ran after stop"));
        Pentode.Linux.Uring.RingNative.Close(a);
        Pentode.Linux.Uring.RingNative.Close(b);
    }

    [Fact]
    public async Task More_operations_than_both_queues_hold_all_complete()
    {
        await using var host = new Host(new LoopOptions { SubmissionEntries = 8, CompletionEntries = 16 });
        var count = await host.Run(async loop =>
        {
            using var zero = File.OpenHandle("/dev/zero");
            var file = (int)zero.DangerousGetHandle();
            var buffer = Pinned(8);
            int done = 0, bytes = 0;
            var all = new TaskCompletionSource();
            for (var i = 0; i < 5000; i++)
            {
                loop.Read(file, buffer, 0, new RingCallback(r =>
                {
                    bytes += r;
                    if (++done == 5000)
                        all.SetResult();
                }));
            }

            await all.Task;
            Assert.Equal(40_000, bytes);
            return done;
        });
        Assert.Equal(5000, count);
    }

    [Fact]
    public async Task Completion_overflow_loses_nothing()
    {
        await using var host = new Host(new LoopOptions { SubmissionEntries = 8, CompletionEntries = 8 });
        await host.Run(async loop =>
        {
            var (a, b) = RingPair.Make();
            var all = new TaskCompletionSource();
            var done = 0;
            for (var i = 0; i < 500; i++)
            {
                loop.Poll(b, 1, new RingCallback(r =>
                {
                    Assert.Equal(1, r & 1);
                    if (++done == 500)
                        all.SetResult();
                }));
            }

            // One byte makes all 500 polls ready at the same moment.
            Assert.Equal(1, await loop.SendAsync(a, Pinned(1)));
            await all.Task;
            loop.Close(a);
            loop.Close(b);
            return 0;
        });
    }

    [Fact]
    public async Task Reads_allocate_nothing_in_steady_state()
    {
        await using var host = new Host();
        var allocated = await host.Run(async loop =>
        {
            using var zero = File.OpenHandle("/dev/zero");
            var reader = new Reader(loop, (int)zero.DangerousGetHandle(), 20_000);
            loop.AtTurnEnd(reader);
            return await reader.Done.Task;
        });
        Assert.InRange(allocated, 0, 1000);
    }

    [Fact]
    public async Task Non_blocking_sockets_wait_too()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        listener.Blocking = false;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Blocking = false;
        var address = listener.LocalEndPoint!.Serialize().Buffer[..16].ToArray();
        await using var host = new Host();
        await host.Run(async loop =>
        {
            var sink = new Sink();
            loop.Accept((int)listener.Handle, sink);
            Assert.Equal(0, await loop.ConnectAsync((int)client.Handle, address));
            var server = await sink.Accepted.Task;
            var buffer = Pinned(4);
            var receive = loop.ReceiveAsync((int)client.Handle, buffer);
            await loop.DelayAsync(5);
            Assert.Equal(4, await loop.SendAsync(server, Pinned(4)));
            Assert.Equal(4, await receive);
            loop.StopAccepting((int)listener.Handle);
            await sink.End.Task;
            Assert.Equal(0, sink.Ended);
            loop.Close(server);
            return 0;
        });
    }

    [Fact]
    public async Task Blocking_jobs_and_timers_complete_on_the_loop()
    {
        await using var host = new Host();
        await host.Run(async loop =>
        {
            Assert.Equal(42, await loop.RunBlockingAsync(static s => (int)s!, 42));
            Assert.True(loop.IsCurrent);
            var before = Environment.TickCount64;
            Assert.Equal(0, await loop.DelayAsync(20));
            Assert.True(Environment.TickCount64 - before >= 20);
            await Task.Run(() => { });
            Assert.True(loop.IsCurrent);
            return 0;
        });
    }

    [Fact]
    public async Task A_throwing_callback_does_not_end_the_loop()
    {
        await using var host = new Host();
        var seen = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        RingLoop.UnhandledError = e => seen.TrySetResult(e);
        host.Loop.Post(_ => throw new FormatException("boom"));
        Assert.IsType<FormatException>(await seen.Task.WaitAsync(s_limit));
        RingLoop.UnhandledError = null;
        Assert.Equal(1, await host.Run(_ => Task.FromResult(1)));
    }

    private static byte[] Pinned(int size) => GC.AllocateArray<byte>(size, pinned: true);

    private sealed class Reader(IoLoop loop, int file, int total) : IoCompletion, ITurnEnd
    {
        private readonly byte[] _buffer = Pinned(16);
        private int _count;
        private long _start;

        public TaskCompletionSource<long> Done { get; } = new();

        public void OnTurnEnd() => loop.Read(file, _buffer, 0, this);

        public override void Complete(int result)
        {
            // No Assert here: it allocates.
            if (result != 16)
                Done.TrySetException(new InvalidOperationException($"read gave {result}"));
            if (++_count == total / 2)
                _start = GC.GetAllocatedBytesForCurrentThread();
            if (_count == total)
                Done.SetResult(GC.GetAllocatedBytesForCurrentThread() - _start);
            else if (_count % 2 == 0)
                loop.AtTurnEnd(this);
            else
                loop.Read(file, _buffer, 0, this);
        }
    }

    private sealed class Sink : IAcceptSink
    {
        public TaskCompletionSource<int> Accepted { get; } = new();

        public TaskCompletionSource End { get; } = new();

        public int Ended { get; private set; } = int.MinValue;

        public void OnAccepted(int socket) => Accepted.TrySetResult(socket);

        public void OnAcceptEnded(int result)
        {
            Ended = result;
            End.TrySetResult();
        }
    }

    private sealed class Host : IAsyncDisposable
    {
        public Host(LoopOptions? options = null)
        {
            Assert.SkipUnless(RingLoop.IsSupported, "this kernel does not let us use io_uring");
            Loop = new RingLoop(options ?? new LoopOptions());
            Loop.Start();
        }

        public RingLoop Loop { get; }

        public Task<T> Run<T>(Func<IoLoop, Task<T>> body)
        {
            var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Loop.Post(_ => Start());
            return result.Task.WaitAsync(s_limit);

            async void Start()
            {
                try
                {
                    result.SetResult(await body(Loop));
                }
                catch (Exception e)
                {
                    result.SetException(e);
                }
            }
        }

        public async ValueTask DisposeAsync() => await Loop.StopAsync().WaitAsync(s_limit);
    }
}
