using Pentode.Core;
using Pentode.Linux;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

public sealed class FileOperationTests
{
    [Theory, ClassData(typeof(Engines))]
    public Task Reads_end_short_only_at_the_end(string engine) => OnFileAsync(engine, async (loop, file) =>
    {
        var data = EngineHost.PinnedRandom(3_000_001, 9);
        Assert.Equal(data.Length, await loop.WriteAsync(file, data, 0, dataSync: false));
        var got = EngineHost.Pinned(data.Length + 500);
        Assert.Equal(data.Length, await loop.ReadAsync(file, got, 0));
        Assert.True(data.AsSpan().SequenceEqual(got.AsSpan(0, data.Length)));
        Assert.Equal(1, await loop.ReadAsync(file, got, data.Length - 1));
        Assert.Equal(0, await loop.ReadAsync(file, got, data.Length));
        Assert.Equal(0, await loop.ReadAsync(file, EngineHost.Pinned(0), 0));
        Assert.Equal(0, await loop.WriteAsync(file, EngineHost.Pinned(0), 0, dataSync: false));
        Assert.Equal(data.Length, FileCalls.Size(file));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Offsets_beyond_32_bits(string engine) => OnFileAsync(engine, async (loop, file) =>
    {
        const long Far = (5L << 30) + 123;
        var data = EngineHost.PinnedRandom(1000, 10);
        Assert.Equal(1000, await loop.WriteAsync(file, data, Far, dataSync: true));
        var got = EngineHost.Pinned(1000);
        Assert.Equal(1000, await loop.ReadAsync(file, got, Far));
        Assert.Equal(data, got);
        Assert.Equal(1000, await loop.ReadAsync(file, got, 1L << 31));
        Assert.All(got, b => Assert.Equal(0, b));
        Assert.Equal(Far + 1000, FileCalls.Size(file));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Fallocate_modes(string engine) => OnFileAsync(engine, async (loop, file) =>
    {
        var data = EngineHost.PinnedRandom(64 << 10, 11);
        Assert.Equal(data.Length, await loop.WriteAsync(file, data, 0, dataSync: false));
        Assert.Equal(0, await loop.FallocateAsync(file, FileCalls.FallocKeepSize, 0, 1 << 20));
        Assert.Equal(data.Length, FileCalls.Size(file));
        Assert.Equal(0, await loop.FallocateAsync(file, 0, 0, 1 << 20));
        Assert.Equal(1 << 20, FileCalls.Size(file));
        Assert.Equal(0, await loop.FallocateAsync(file, FileCalls.FallocKeepSize | FileCalls.FallocPunchHole, 4096, 8192));
        var got = EngineHost.Pinned(data.Length);
        Assert.Equal(got.Length, await loop.ReadAsync(file, got, 0));
        data.AsSpan(4096, 8192).Clear();
        Assert.Equal(data, got);
        Assert.Equal(-(int)Errno.EINVAL, await loop.FallocateAsync(file, 0, -1, 10));
        Assert.Equal(-(int)Errno.EINVAL, await loop.FallocateAsync(file, 0, 0, 0));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Errors_are_those_of_the_calls(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var buffer = EngineHost.Pinned(100);
        var full = FileCalls.Open("/dev/full", FileCalls.O_RDWR);
        Assert.Equal(-(int)Errno.ENOSPC, await loop.WriteAsync(full, buffer, 0, dataSync: false));
        loop.Close(full);
        var readOnly = FileCalls.Open("/dev/zero", FileCalls.O_RDONLY);
        Assert.Equal(-(int)Errno.EBADF, await loop.WriteAsync(readOnly, buffer, 0, dataSync: true));
        Assert.Equal(-(int)Errno.EINVAL, await loop.FsyncAsync(readOnly, dataOnly: false));
        Assert.Equal(-(int)Errno.EBADF, await loop.FallocateAsync(readOnly, 0, 0, 10));
        loop.Close(readOnly);
        var directory = FileCalls.Open("/", FileCalls.O_RDONLY);
        Assert.Equal(-(int)Errno.EISDIR, await loop.ReadAsync(directory, buffer, 0));
        loop.Close(directory);
        Assert.Equal(-(int)Errno.EBADF, await loop.FsyncAsync(-1, dataOnly: true));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task More_operations_than_workers_and_queue(string engine) => OnFileAsync(engine, async (loop, file) =>
    {
        var buffers = Enumerable.Range(0, 2000).Select(i => EngineHost.PinnedRandom(64, i)).ToArray();
        var writes = buffers.Select(_ => new Outcome()).ToArray();
        for (var i = 0; i < buffers.Length; i++)
            loop.Write(file, buffers[i], i * 64, dataSync: false, writes[i]);
        foreach (var write in writes)
            Assert.Equal(64, await write.Task);
        var got = EngineHost.Pinned(2000 * 64);
        Assert.Equal(got.Length, await loop.ReadAsync(file, got, 0));
        Assert.Equal(buffers.SelectMany(b => b), got);
    }, new LoopOptions { MaxQueuedJobs = 16, WorkerThreads = 2 });

    [Theory, ClassData(typeof(Engines))]
    public Task Jobs_beyond_the_queue_are_refused(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        using var gate = new ManualResetEventSlim();
        var jobs = Enumerable.Range(0, 10).Select(_ => new Outcome()).ToArray();
        foreach (var job in jobs)
        {
            loop.RunBlocking(static g =>
            {
                ((ManualResetEventSlim)g!).Wait();
                return 5;
            }, gate, job);
        }

        // One may run and four wait; whether the first was taken before the others came is the scheduler's.
        for (var refused = 0; refused < 5; refused = jobs.Count(j => j.Task.IsCompleted))
            await loop.DelayAsync(1);
        gate.Set();
        var results = await Task.WhenAll(jobs.Select(j => j.Task));
        Assert.InRange(results.Count(r => r == 5), 4, 5);
        Assert.InRange(results.Count(r => r == -(int)Errno.EAGAIN), 5, 6);
    }, new LoopOptions { MaxQueuedJobs = 4, WorkerThreads = 1 });

    [Theory, ClassData(typeof(Engines))]
    public Task Operations_beyond_the_limit_are_refused(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var polls = Enumerable.Range(0, 12).Select(_ => new Outcome()).ToArray();
        foreach (var poll in polls)
            loop.Poll(a, 1, poll);
        foreach (var poll in polls.Skip(8))
            Assert.Equal(-(int)Errno.EAGAIN, await poll.Task);
        Assert.All(polls.Take(8), p => Assert.True(p.IsPending));
        foreach (var poll in polls.Take(8))
            loop.Cancel(poll);
        foreach (var poll in polls.Take(8))
            Assert.Equal(-(int)Errno.ECANCELED, await poll.Task);
        loop.Close(a);
        loop.Close(b);
    }, new LoopOptions { MaxOperations = 8 });

    private static Task OnFileAsync(string engine, Func<IoLoop, int, Task> body, LoopOptions? options = null) =>
        EngineHost.RunAsync(engine, async loop =>
        {
            using var directory = new TemporaryDirectory();
            var file = FileCalls.Open(Path.Combine(directory.Path, "file"), FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
            Assert.True(file >= 0);
            await body(loop, file);
            loop.Close(file);
        }, options);
}
