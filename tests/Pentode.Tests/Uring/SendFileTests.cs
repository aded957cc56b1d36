using Pentode.Core;
using Pentode.Linux;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Sending a head and pages of a file.</summary>
public sealed class SendFileTests
{
    [Theory]
    [InlineData("ring", 16, 0, 4096)]
    [InlineData("ring", 16, 5000, 3_000_000)]
    [InlineData("ring", 0, 1, 70_000)]
    [InlineData("ring", 20, 3_999_000, 200_000)]
    [InlineData("ring", 20, 9_000_000, 100_000)]
    [InlineData("ring", 16, 0, 0)]
    [InlineData("portable", 16, 0, 4096)]
    [InlineData("portable", 16, 5000, 3_000_000)]
    [InlineData("portable", 20, 3_999_000, 200_000)]
    [InlineData("portable", 20, 9_000_000, 100_000)]
    public Task Head_then_file_then_zeroes(string engine, int headLength, long offset, int length) => OnFileAsync(engine, async (loop, file, data) =>
    {
        var (a, b) = Sockets.Pair();
        for (var round = 0; round < 3; round++)
        {
            var head = EngineHost.PinnedRandom(headLength, round);
            var outcome = new Outcome();
            loop.SendFile(a, head, file, offset, length, outcome);
            Assert.True(outcome.IsPending);
            var got = EngineHost.Pinned(headLength + length);
            if (got.Length > 0)
                Assert.Equal(got.Length, await loop.ReceiveAsync(b, got, waitAll: true));
            Assert.Equal(got.Length, await outcome.Task);
            Assert.False(outcome.IsPending);
            var expected = new byte[headLength + length];
            head.CopyTo(expected, 0);
            var inFile = (int)Math.Clamp(data.Length - offset, 0, length);
            if (inFile > 0)
                data.AsSpan((int)offset, inFile).CopyTo(expected.AsSpan(headLength));
            Assert.True(expected.AsSpan().SequenceEqual(got));
        }

        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task A_send_that_waits_for_its_socket_can_be_ended(string engine) => OnFileAsync(engine, async (loop, file, data) =>
    {
        var (a, b) = Sockets.Pair();
        var (waiting, other) = (new Outcome(), new Outcome());
        loop.SendFile(a, EngineHost.Pinned(16), file, 0, 3 << 20, waiting);
        await loop.DelayAsync(1);
        Assert.True(waiting.IsPending);
        loop.CancelSendFile(other);
        loop.CancelSendFile(waiting);
        Assert.Equal(-(int)Errno.ECANCELED, await waiting.Task);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Pages_of_a_broken_send_do_not_reach_the_next_peer(string engine) => OnFileAsync(engine, async (loop, file, data) =>
    {
        for (var round = 0; round < 3; round++)
        {
            var (a, b) = Sockets.Pair();
            var broken = new Outcome();
            loop.SendFile(a, EngineHost.Pinned(16), file, 0, 3 << 20, broken);
            await loop.DelayAsync(1);
            Assert.True(broken.IsPending);
            loop.Close(b);
            Assert.Contains(await broken.Task, new[] { -(int)Errno.EPIPE, -(int)Errno.ECONNRESET });
            loop.Close(a);

            var (c, d) = Sockets.Pair();
            var good = new Outcome();
            loop.SendFile(c, EngineHost.PinnedRandom(8, 7), file, 100, 50_000, good);
            var got = EngineHost.Pinned(50_008);
            Assert.Equal(got.Length, await loop.ReceiveAsync(d, got, waitAll: true));
            Assert.Equal(got.Length, await good.Task);
            Assert.True(got.AsSpan(8).SequenceEqual(data.AsSpan(100, 50_000)));
            loop.Close(c);
            loop.Close(d);
        }
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Errors_of_the_file_are_told(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        Assert.SkipUnless(SpliceCalls.IsSupported, "no splice here");
        var (a, b) = Sockets.Pair();
        var outcome = new Outcome();
        loop.SendFile(a, EngineHost.Pinned(4), 1 << 20, 0, 100, outcome);
        Assert.Equal(-(int)Errno.EBADF, await outcome.Task);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public async Task Stop_ends_a_send_that_waits(string engine)
    {
        Assert.SkipUnless(SpliceCalls.IsSupported, "no splice here");
        using var directory = new TemporaryDirectory(memory: true);
        await File.WriteAllBytesAsync(directory["file"], new byte[4 << 20]);
        var file = FileCalls.Open(directory["file"], FileCalls.O_RDONLY);
        var loop = EngineHost.Start(engine);
        var (a, b) = Sockets.Pair();
        var outcome = new Outcome();
        loop.Post(_ => loop.SendFile(a, EngineHost.Pinned(16), file, 0, 4 << 20, outcome));
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        Assert.Equal(-(int)Errno.ECANCELED, await outcome.Task.WaitAsync(EngineHost.Limit));
        foreach (var descriptor in new[] { a, b, file })
            Assert.Equal(0, FileCalls.Close(descriptor));
    }

    private static Task OnFileAsync(string engine, Func<IoLoop, int, byte[], Task> body) => EngineHost.RunAsync(engine, async loop =>
    {
        Assert.SkipUnless(SpliceCalls.IsSupported, "no splice here");
        using var directory = new TemporaryDirectory(memory: true);
        var data = EngineHost.PinnedRandom(4_000_000, 77);
        await File.WriteAllBytesAsync(directory["file"], data);
        var file = FileCalls.Open(directory["file"], FileCalls.O_RDONLY);
        await body(loop, file, data);
        loop.Close(file);
    });
}
