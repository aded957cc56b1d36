using Pentode.Core;
using Pentode.Linux;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>
/// Random operations against a model, seeded: several actors on one loop, each of which knows what its next result has to be, while foreign
/// threads post and the collector runs.
/// </summary>
public sealed class StressTests
{
    private const int Steps = 400;

    [Theory]
    [InlineData("ring", 1)]
    [InlineData("ring", 2)]
    [InlineData("ring", 3)]
    [InlineData("portable", 1)]
    [InlineData("portable", 2)]
    [InlineData("portable", 3)]
    public async Task Random_operations_agree_with_a_model(string engine, int seed)
    {
        using var directory = new TemporaryDirectory();
        var posts = 0;
        using var stop = new ManualResetEventSlim();
        await EngineHost.RunAsync(engine, async loop =>
        {
            var poster = new Thread(() =>
            {
                while (!stop.Wait(1))
                {
                    loop.Post(_ => posts++);
                    GC.Collect(0);
                }
            })
            { IsBackground = true };
            poster.Start();
            var actors = new List<Task>();
            for (var i = 0; i < 4; i++)
            {
                actors.Add(StreamAsync(loop, new Random((seed * 100) + i)));
                actors.Add(FileAsync(loop, Path.Combine(directory.Path, $"file{i}"), new Random((seed * 100) + 10 + i)));
                actors.Add(TimersAndJobsAsync(loop, new Random((seed * 100) + 20 + i)));
                actors.Add(CancelsAsync(loop, new Random((seed * 100) + 30 + i)));
            }

            await Task.WhenAll(actors);
            stop.Set();
            poster.Join();
        }, new LoopOptions { SubmissionEntries = 16, CompletionEntries = 32, MaxQueuedJobs = 64, WorkerThreads = 2 });
        Assert.True(posts > 0);
    }

    // A stream whose bytes count up; both ends move random amounts.
    private static async Task StreamAsync(IoLoop loop, Random random)
    {
        var (a, b) = Sockets.Pair();
        Sockets.SetBufferSizes(a, 8192, 0);
        var total = 0L;
        var sending = SendAllAsync();
        var buffer = EngineHost.Pinned(40_000);
        var received = 0L;
        while (true)
        {
            var waitAll = random.Next(2) == 0;
            var length = random.Next(1, buffer.Length);
            var got = await loop.ReceiveAsync(b, buffer.AsMemory(0, length), waitAll);
            if (got == 0)
                break;
            Assert.InRange(got, 1, length);
            for (var i = 0; i < got; i++)
            {
                if (buffer[i] != (byte)(received + i))
                    Assert.Fail($"byte {received + i} is {buffer[i]}");
            }

            received += got;
        }

        await sending;
        Assert.Equal(total, received);
        loop.Close(a);
        loop.Close(b);

        async Task SendAllAsync()
        {
            var source = EngineHost.Pinned(60_000);
            for (var step = 0; step < Steps / 4; step++)
            {
                var length = random.Next(1, source.Length);
                for (var i = 0; i < length; i++)
                    source[i] = (byte)(total + i);
                total += length;
                if (random.Next(2) == 0)
                {
                    Assert.Equal(length, await loop.SendAsync(a, source.AsMemory(0, length)));
                    continue;
                }

                var cut = random.Next(length);
                var outcome = new Outcome();
                loop.SendVectored(a, [source.AsMemory(0, cut), source.AsMemory(cut, length - cut)], outcome);
                Assert.Equal(length, await outcome.Task);
            }

            Sockets.ShutdownSend(a);
        }
    }

    // A file and its image in memory.
    private static async Task FileAsync(IoLoop loop, string path, Random random)
    {
        const int Size = 256 << 10;
        var file = FileCalls.Open(path, FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
        var image = new byte[Size];
        var length = 0;
        var buffer = EngineHost.Pinned(32 << 10);
        for (var step = 0; step < Steps; step++)
        {
            var offset = random.Next(Size - buffer.Length);
            var count = random.Next(1, buffer.Length);
            switch (random.Next(6))
            {
                case 0 or 1:
                    random.NextBytes(buffer.AsSpan(0, count));
                    Assert.Equal(count, await loop.WriteAsync(file, buffer.AsMemory(0, count), offset, random.Next(20) == 0));
                    buffer.AsSpan(0, count).CopyTo(image.AsSpan(offset));
                    length = Math.Max(length, offset + count);
                    break;
                case 2 or 3:
                    var expected = Math.Clamp(length - offset, 0, count);
                    Assert.Equal(expected, await loop.ReadAsync(file, buffer.AsMemory(0, count), offset));
                    Assert.True(buffer.AsSpan(0, expected).SequenceEqual(image.AsSpan(offset, expected)));
                    break;
                case 4:
                    Assert.Equal(0, await loop.FallocateAsync(file, FileCalls.FallocKeepSize | FileCalls.FallocPunchHole, offset, count));
                    image.AsSpan(offset, count).Clear();
                    break;
                default:
                    Assert.Equal(0, await loop.FsyncAsync(file, dataOnly: true));
                    break;
            }
        }

        Assert.Equal(length, FileCalls.Size(file));
        loop.Close(file);
    }

    private static async Task TimersAndJobsAsync(IoLoop loop, Random random)
    {
        for (var step = 0; step < Steps / 4; step++)
        {
            if (random.Next(2) == 0)
            {
                Assert.Equal(0, await loop.DelayAsync(random.Next(3)));
                continue;
            }

            var value = random.Next(1000);
            Assert.Equal(value, await loop.RunBlockingAsync(static s => (int)s!, value));
        }
    }

    // Receives that are cancelled, answered, or both at once; then the pair is closed and its numbers are used again.
    private static async Task CancelsAsync(IoLoop loop, Random random)
    {
        for (var step = 0; step < Steps; step++)
        {
            var (a, b) = Sockets.Pair();
            var outcome = new Outcome();
            loop.Receive(b, EngineHost.Pinned(4), outcome, waitAll: random.Next(2) == 0);
            var sends = random.Next(2) == 0;
            if (sends)
                Assert.Equal(4, await loop.SendAsync(a, EngineHost.Pinned(4)));
            if (random.Next(3) == 0)
                await loop.DelayAsync(0);
            if (!sends || random.Next(2) == 0)
                loop.Cancel(outcome);
            var result = await outcome.Task;
            Assert.True(result == -(int)Errno.ECANCELED || (sends && result == 4), $"result {result}");
            loop.Close(a);
            loop.Close(b);
        }
    }
}
