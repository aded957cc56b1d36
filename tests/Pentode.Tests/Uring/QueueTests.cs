using System.Net;
using System.Net.Sockets;
using Pentode.Linux;
using Pentode.Uring;
using Sockets = Pentode.Linux.Sockets;

namespace Pentode.Tests.Uring;

/// <summary>More work than the queues hold.</summary>
public sealed class QueueTests
{
    [Theory, ClassData(typeof(Engines))]
    public Task More_operations_than_both_queues_hold_all_complete(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        using var zero = File.OpenHandle("/dev/zero");
        var file = (int)zero.DangerousGetHandle();
        var buffer = EngineHost.Pinned(8);
        var reads = Enumerable.Range(0, 5000).Select(_ => new Outcome()).ToArray();
        foreach (var read in reads)
            loop.Read(file, buffer, 0, read);
        foreach (var read in reads)
            Assert.Equal(8, await read.Task);
    }, new LoopOptions { SubmissionEntries = 8, CompletionEntries = 16 });

    [Theory, ClassData(typeof(Engines))]
    public Task Completion_overflow_loses_nothing(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        for (var round = 0; round < 3; round++)
        {
            var polls = Enumerable.Range(0, 500).Select(_ => new Outcome()).ToArray();
            foreach (var poll in polls)
                loop.Poll(b, 1, poll);

            // One byte makes all 500 polls ready at the same moment.
            Assert.Equal(1, await loop.SendAsync(a, EngineHost.Pinned(1)));
            foreach (var poll in polls)
                Assert.Equal(1, await poll.Task & 1);
            Assert.Equal(1, await loop.ReceiveAsync(b, EngineHost.Pinned(1)));
        }

        loop.Close(a);
        loop.Close(b);
    }, new LoopOptions { SubmissionEntries = 8, CompletionEntries = 8 });

    [Theory, ClassData(typeof(Engines))]
    public Task Files_that_never_block_are_ready_at_once(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        using var zero = File.OpenHandle("/dev/zero");
        var poll = new Outcome();
        loop.Poll((int)zero.DangerousGetHandle(), 1, poll);
        Assert.Equal(1, await poll.Task & 1);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Sockets_made_elsewhere_work_whether_they_block_or_not(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        foreach (var isBlocking in new[] { true, false })
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            listener.Blocking = false;
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            client.Blocking = isBlocking;
            var log = new AcceptLog();
            loop.Accept((int)listener.Handle, log);
            await log.CountAsync(1);
            var got = EngineHost.Pinned(4);
            var receiving = loop.ReceiveAsync((int)client.Handle, got).AsTask();
            await loop.DelayAsync(5);
            Assert.False(receiving.IsCompleted);
            var data = EngineHost.PinnedRandom(4, 1);
            Assert.Equal(4, await loop.SendAsync(log.Sockets[0], data));
            Assert.Equal(4, await receiving);
            Assert.Equal(data, got);
            loop.StopAccepting((int)listener.Handle);
            Assert.Equal(0, await log.Ended.Task);
            log.CloseAll();
        }
    });
}
