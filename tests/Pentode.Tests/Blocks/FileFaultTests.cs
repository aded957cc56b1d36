using Pentode.Blocks;
using Pentode.Blocks.File;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Nbd.Wire;
using Pentode.Tests.Nbd;
using Pentode.Testing.Processes;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.Blocks;

/// <summary>Files and devices when the world below them fails.</summary>
public sealed class FileFaultTests
{
    private const int Chunk = 65536;

    public static TheoryData<string> Engines() => new("ring", "portable");

    public static TheoryData<string?> AllEngines() => new(null, "ring", "portable");

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task AFullFileSystemIsNoSpaceAndServiceGoesOn(string engine)
    {
        using var mount = new TemporaryMount("tmpfs", "size=1m");
        var file = FileBackend.Open(mount.Sparse("disk", 16 << 20), readOnly: false).Value!;
        await using var server = new NbdTestServer(engine, null, new BlockExport("", file));
        foreach (var structured in new[] { false, true })
        {
            using var client = server.Connect().Open(structured);
            var written = 0u;
            NbdAnswer answer;
            while ((answer = client.Call(NbdCommand.NBD_CMD_WRITE, written, Chunk, cookie: 7)).Error == NbdError.NBD_SUCCESS)
                written += Chunk;
            Assert.Equal(NbdError.NBD_ENOSPC, answer.Error);
            Assert.InRange(written, 10u * Chunk, 1u << 20);

            // A write that does not fit in one step goes through the loop, and is written in part before it fails.
            Assert.Equal(NbdError.NBD_ENOSPC, client.Call(NbdCommand.NBD_CMD_WRITE, 4 << 20, 2 << 20).Error);
            Assert.Equal(NbdError.NBD_ENOSPC, client.Call(NbdCommand.NBD_CMD_WRITE_ZEROES, 8 << 20, 2 << 20, NbdCommandFlags.NBD_CMD_FLAG_NO_HOLE).Error);
            Assert.Equal(7, client.Call(NbdCommand.NBD_CMD_READ, written - 1, 1).Data[0]);
            Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_FLUSH, 0, 0).Error);
            Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_TRIM, 0, 16 << 20).Error);
            Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_WRITE, 8 << 20, Chunk).Error);
            Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_TRIM, 0, 16 << 20).Error);
        }

        Assert.Equal(0, server.Violations);
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public async Task AFailedFlushIsRemembered(string? engine)
    {
        // A device whose pages have nowhere to go: writes succeed in the page cache, the flush finds out.
        using var mount = new TemporaryMount("tmpfs", "size=256k");
        using var device = new LoopDevice(mount.Sparse("disk", 8 << 20));
        await OnLoop(engine, async () =>
        {
            await using var file = FileBackend.Open(device.Path, readOnly: false).Value!;
            Assert.False(file.IsInMemory);
            Assert.Equal(Errno.None, await file.Flush());
            Assert.Equal(Errno.None, await file.Write(Filled(4 << 20), 0, fua: false));
            Assert.NotEqual(Errno.None, await file.Flush());
            Assert.Equal(Errno.EIO, await file.Flush());
            Assert.Equal(Errno.EIO, await file.Flush());
        });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task AFailedFlushReachesTheClient(string engine)
    {
        using var mount = new TemporaryMount("tmpfs", "size=256k");
        using var device = new LoopDevice(mount.Sparse("disk", 8 << 20));
        await using var server = new NbdTestServer(engine, null, new BlockExport("", FileBackend.Open(device.Path, readOnly: false).Value!));
        using var client = server.Connect().Open(structured: true);
        Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_WRITE, 0, 4 << 20).Error);
        Assert.NotEqual(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_FLUSH, 0, 0).Error);
        Assert.Equal(NbdError.NBD_EIO, client.Call(NbdCommand.NBD_CMD_FLUSH, 0, 0).Error);
        Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Error);
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public async Task WhatWasCutOffReadsAsZeroes(string? engine)
    {
        foreach (var directory in new[] { "/dev/shm", "/var/tmp" })
        {
            using var files = new TemporaryDirectory(memory: directory == "/dev/shm");
            await File.WriteAllBytesAsync(files["disk"], Filled(200000));
            await OnLoop(engine, async () =>
            {
                await using var file = FileBackend.Open(files["disk"], readOnly: false).Value!;
                using (var stream = new FileStream(files["disk"], FileMode.Open))
                    stream.SetLength(100000);
                var buffer = Filled(150000);
                Assert.Equal(Errno.None, await file.Read(buffer, 50000));
                Assert.True(buffer.AsSpan(0, 50000).IndexOfAnyExcept((byte)0xA5) < 0);
                Assert.True(buffer.AsSpan(50000).IndexOfAnyExcept((byte)0) < 0);
                buffer.AsSpan().Fill(1);
                Assert.Equal(Errno.None, await file.Read(buffer.AsMemory(0, 10), 199990));
                Assert.True(buffer.AsSpan(0, 10).IndexOfAnyExcept((byte)0) < 0);

                // Writing there makes the file whole again.
                Assert.Equal(Errno.None, await file.Write(Filled(10), 199990, fua: true));
                Assert.Equal(Errno.None, await file.Read(buffer.AsMemory(0, 10), 199990));
                Assert.Equal(0xA5, buffer[9]);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task FlushesThatWaitShareOneSync(string engine)
    {
        await OnLoop(engine, async () =>
        {
            await using var file = ScratchFile.Open("/var/tmp", 1 << 20);
            Assert.Equal(Errno.None, await file.Write(Filled(1 << 20), 0, fua: false));
            var loop = IoLoop.Current!;
            var before = loop.PendingOperations;
            var flushes = Enumerable.Range(0, 64).Select(_ => file.Flush().AsTask()).ToArray();
            Assert.Equal(before + 1, loop.PendingOperations);
            foreach (var flush in flushes)
                Assert.Equal(Errno.None, await flush);
            Assert.Equal(Errno.None, await file.Flush());
        });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task BusyWorkersSlowDownButLoseNothing(string engine)
    {
        using var stuck = new ManualResetEventSlim();
        await OnLoop(engine, async () =>
        {
            await using var file = ScratchFile.Open("/var/tmp", 1 << 20);
            var loop = IoLoop.Current!;
            using var running = new ManualResetEventSlim();
            var first = loop.RunBlockingAsync(_ => { running.Set(); stuck.Wait(); return 0; }, null).AsTask();
            while (!running.IsSet)
                await loop.DelayAsync(1);
            var jobs = Enumerable.Range(0, 8).Select(_ => loop.RunBlockingAsync(_ => 0, null).AsTask()).Append(first).ToArray();
            try
            {
                Assert.Equal(Errno.None, await file.Write(Filled(Chunk), 0, fua: false));
                Assert.Equal(Errno.None, await file.Write(Filled(Chunk), Chunk, fua: true));
                Assert.Equal(Errno.None, await file.Flush());
                Assert.Equal(Errno.None, await file.Zero(100, 100, ZeroFlags.NoHole));
                Assert.Equal(Errno.None, await file.Trim(0, 4096, fua: true));
                var buffer = Filled(2 * Chunk);
                Assert.Equal(Errno.None, await file.Read(buffer, 0));
                Assert.Equal(0xA5, buffer[^1]);
                var extents = new List<BlockExtent>();
                Assert.Equal(Errno.None, await file.Extents(0, 1 << 20, 10, extents));
                Assert.Equal([new BlockExtent(1 << 20, false, false)], extents);
            }
            finally
            {
                stuck.Set(); // a loop waits for its workers when it stops
            }

            foreach (var job in jobs)
                Assert.True(await job is 0 or -(int)Errno.EAGAIN);
        }, new LoopOptions { Name = "busy", WorkerThreads = 1, MaxQueuedJobs = 1 });
    }

    [Fact]
    public async Task ZeroedButKeptIsAllocated()
    {
        foreach (var directory in new[] { "/dev/shm", "/var/tmp" })
        {
            await using var file = ScratchFile.Open(directory, 1 << 20);
            Assert.Equal(Errno.None, await file.Write(Filled(1 << 20), 0, fua: false));
            Assert.Equal(Errno.None, await file.Zero(Chunk, Chunk, ZeroFlags.NoHole));
            Assert.Equal(Errno.None, await file.Zero(4 * Chunk, Chunk, ZeroFlags.None));
            var buffer = Filled(1 << 20);
            Assert.Equal(Errno.None, await file.Read(buffer, 0));
            Assert.True(buffer.AsSpan(Chunk, Chunk).IndexOfAnyExcept((byte)0) < 0 && buffer[(2 * Chunk)] == 0xA5);
        }
    }

    [Fact]
    public async Task TrimOfADeviceTouchesWholeSectorsOnly()
    {
        await using var disk = Disks.OnDevice(1 << 20);
        Assert.Equal(Errno.None, await disk.Write(Filled(1 << 20), 0, fua: true));
        Assert.Equal(Errno.None, await disk.Trim(100, 300, fua: true));
        Assert.Equal(Errno.None, await disk.Trim(4096 + 100, 8192, fua: false));
        var buffer = new byte[1 << 20];
        Assert.Equal(Errno.None, await disk.Read(buffer, 0));
        Assert.True(buffer.AsSpan(0, 4096 + 512).IndexOfAnyExcept((byte)0xA5) < 0);
        Assert.True(buffer.AsSpan(4096 + 8192 + 512).IndexOfAnyExcept((byte)0xA5) < 0);
        Assert.Equal(Errno.EOPNOTSUPP, await disk.Zero(0, 4096, ZeroFlags.Fast | ZeroFlags.NoHole));
    }

    private static byte[] Filled(int length)
    {
        var data = GC.AllocateArray<byte>(length, pinned: true);
        data.AsSpan().Fill(0xA5);
        return data;
    }

    private static async Task OnLoop(string? engine, Func<Task> body, LoopOptions? options = null)
    {
        if (engine is null)
        {
            await body();
            return;
        }

        var loop = LoopFactory.Create(engine, options ?? new LoopOptions { Name = "blocks-test" });
        loop.Start();
        try
        {
            var done = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(_ => done.SetResult(body()));
            await (await done.Task).WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            await loop.StopAsync();
        }
    }
}
