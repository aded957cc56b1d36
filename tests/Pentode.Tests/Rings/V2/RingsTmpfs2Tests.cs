using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Server;
using Pentode.Rings.Server.V2;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Files of tmpfs, whose chains a thread of the server does in one go: nothing about them is different for clients.</summary>
public sealed unsafe class RingsTmpfs2Tests : IDisposable
{
    private const int Piece = 256 << 10;
    private const uint Alice = 64001;

    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly List<int> _files = [];

    public void Dispose()
    {
        foreach (var file in _files)
            FileCalls.Close(file);
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Piece)]
    public void A_chain_copies(int size)
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (region, _) = client.Region(Piece * 2);
        var data = new byte[size * 2];
        new Random(3).NextBytes(data);
        var (input, output) = (client.Register(Memory(data)), client.Register(Memory([])));
        client.Send(RawRings2.Submit([], [.. Copy(region, input, output, 0, size), .. Copy(region, input, output, size, size)]));
        Assert.Equal([size, size, size, size], client.Completions(4).OrderBy(c => c.Record.UserData).Select(c => c.Record.Result));
        Assert.Equal(data, Content(_files[1], data.Length));
        var stats = client.Stats();
        Assert.Equal(((ulong)size * 2, (ulong)size * 2, 0u), (stats.BytesRead, stats.BytesWritten, stats.UnderWay));
    }

    [Theory]
    [InlineData(RingsEntryFlags.Link, 100)]
    [InlineData(RingsEntryFlags.HardLink, 100)]
    [InlineData(RingsEntryFlags.Link, Piece)]
    [InlineData(RingsEntryFlags.HardLink, Piece)]
    public void What_is_short_breaks_a_chain(RingsEntryFlags link, int size)
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (region, _) = client.Region(Piece);
        var (input, output) = (client.Register(Memory(new byte[size - 1])), client.Register(Memory([])));
        var chain = Copy(region, input, output, 0, size);
        chain[0].Flags = link;
        chain[1].Flags = link;
        client.Send(RawRings2.Submit([], [.. chain, new RingsSubmission { UserData = 77, Operation = RingsOperation.Close, File = output }]));
        var results = client.Completions(3).ToDictionary(c => c.Record.UserData, c => c.Record.Result);
        var isHard = link == RingsEntryFlags.HardLink;
        Assert.Equal(size - 1, results[0]);
        Assert.Equal(isHard ? size : -(int)Errno.ECANCELED, results[1]);
        Assert.Equal(isHard ? 0 : -(int)Errno.ECANCELED, results[77]);
        Assert.Equal(isHard ? 1u : 2u, client.Stats().Files);
    }

    [Fact]
    public void The_file_of_a_chain_is_known_behind_what_is_done_in_one_go()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (region, at) = client.Region(Piece);
        new Span<byte>((void*)at, Piece).Fill(7);
        var memory = client.Register(Memory([]));
        var path = System.Text.Encoding.UTF8.GetBytes(Path.Combine(_directory, "made") + '\0');
        var write = new RingsSubmission { Operation = RingsOperation.Write, File = memory, Region = region, Length = Piece, Flags = RingsEntryFlags.Link };
        client.Send(RawRings2.Submit(
            path,
            new RingsSubmission { UserData = 1, Operation = RingsOperation.Open, Length = (uint)path.Length, Argument0 = 0x42, Argument1 = 0x1A4, Flags = RingsEntryFlags.Link },
            write with { UserData = 2 },
            write with { UserData = 3, Offset = Piece },
            write with { UserData = 4, File = RingsWire2.FileOfChain },
            new RingsSubmission { UserData = 5, Operation = RingsOperation.Close, File = RingsWire2.FileOfChain }));
        var results = client.Completions(5).OrderBy(c => c.Record.UserData).Select(c => c.Record.Result).ToArray();
        Assert.Equal([Piece, Piece, Piece, 0], results[1..]);
        Assert.Equal(Piece, new FileInfo(Path.Combine(_directory, "made")).Length);
        Assert.Equal(1u, client.Stats().Files);
    }

    [Fact]
    public void Errors_are_those_of_the_kernel()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (region, _) = client.Region(Piece);
        var sealedMemory = Memory(new byte[10]);
        SharedMemory.AddSeals(sealedMemory, SharedMemory.SealWrite);
        var file = client.Register(sealedMemory);
        var read = new RingsSubmission { Operation = RingsOperation.Read, File = file, Region = region, Length = 8 };
        Assert.Equal(0, client.Do(read with { Offset = 10 }).Result);
        Assert.Equal(3, client.Do(read with { Offset = 7 }).Result);
        Assert.Equal(8, client.Do(read with { Offset = ulong.MaxValue }).Result);
        Assert.Equal(-(int)Errno.EINVAL, client.Do(read with { Offset = 1UL << 63 }).Result);
        foreach (var length in new uint[] { 8, Piece })
            Assert.Equal(-(int)Errno.EPERM, client.Do(read with { Operation = RingsOperation.Write, Length = length }).Result);
        Assert.Equal(2ul, client.Stats().Failed - 1);
    }

    [Fact]
    public void A_client_may_go_while_its_chains_run()
    {
        using var host = new RingsHost();
        using var stays = RawRings2.Join(host);
        var memory = Memory(new byte[Piece * 8]);
        for (var round = 0; round < 30; round++)
        {
            using var client = RawRings2.Join(host);
            var (region, _) = client.Region(Piece * 8);
            var file = client.Register(memory);
            for (var i = 0; i < 8; i++)
                client.Send(RawRings2.Submit([], Copy(region, file, file, i * Piece, Piece)));
            if (round % 2 == 0)
                client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1000, Operation = RingsOperation.Cancel, Argument0 = Piece }));
        }

        host.Await(_ => host.Server.Holdings.Clients == 1);
        host.Await(_ => !File.ReadAllText("/proc/self/maps").Contains("memfd:test", StringComparison.Ordinal));
        Assert.Equal(0, stays.Do(new RingsSubmission { UserData = 1 }).Result);
    }

    [Fact]
    public void Set_user_id_does_not_survive_a_write_of_somebody_else()
    {
        Assert.SkipUnless(ThreadIdentity.OwnUid == 0, "needs root");
        var path = $"/dev/shm/pentode-test-{Guid.NewGuid():N}";
        File.WriteAllBytes(path, new byte[Piece]);
        try
        {
            File.SetUnixFileMode(path, (UnixFileMode)0x9FF);
            using var host = new RingsHost(o => o with { ActAs = RingsActor.Caller });
            host.LetAllIn();
            Assert.Equal(Errno.None, ThreadIdentity.Become(Alice, Alice, []));
            RawRings2 client;
            try
            {
                client = RawRings2.Join(host);
            }
            finally
            {
                ThreadIdentity.Return();
            }

            using (client)
            {
                var file = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 1 }, path).Result;
                var (region, _) = client.Region(Piece);
                Assert.Equal(Piece, client.Do(new RingsSubmission { Operation = RingsOperation.Write, File = file, Region = region, Length = Piece }).Result);
            }

            Assert.Equal((UnixFileMode)0x1FF, File.GetUnixFileMode(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Threads_that_hang_are_left_alone()
    {
        Assert.SkipUnless(ThreadIdentity.OwnUid == 0, "needs root");
        var threads = Math.Clamp(Environment.ProcessorCount, 1, 4);
        using var held = new HeldMemory(threads);
        var (wakeup, memory) = (Pentode.Linux.Uring.RingNative.CreateEvent(), Memory(new byte[8]));
        var workers = new MemoryWorkers(wakeup);
        var limits = new EngineLimits(1, 1, 1, 0, new RingsHoldings(new RingsServerOptions { SocketPath = "" }, 9));
        var identity = new RingsIdentity { Uid = 0, Gid = 0, Groups = [], Personality = 0 };
        var place = new EnginePlace(limits);
        var session = new EngineSession(-1, 0, 1, limits, place) { Identity = identity, User = new RingsUser(0), MostWeight = 1 };
        var room = stackalloc byte[8];
        EngineTask Task(byte* target)
        {
            var file = new EngineFile(0);
            file.Fill(memory, new FileNature(IsStorage: true, IsInMemory: true, IsPipe: false), isOpenedHere: false);
            return new EngineTask(0) { Session = session, File = file, Data = target, Bytes = 8, Entry = new RingsSubmission { Operation = RingsOperation.Read, Length = 8 } };
        }

        for (var i = 0; i < threads; i++)
            workers.Enqueue(Task(held[i]));
        var behind = Task(room);
        workers.Enqueue(behind);
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!workers.IsStuck)
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20));
        Assert.True(workers.HasWaiting);
        Assert.True(workers.TryTakeBack(out var back));
        Assert.Same(behind, back);
        Assert.False(workers.TryTakeDone(out _));
        for (var i = 0; i < threads; i++)
        {
            held.LetGo(i);
            EngineTask? done;
            while (!workers.TryTakeDone(out done))
                Assert.True(since.Elapsed < TimeSpan.FromSeconds(20));
            Assert.Equal(8, done.Outcome);
        }

        Assert.False(workers.IsStuck);
        workers.Enqueue(behind);
        while (!workers.TryTakeDone(out _))
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20));
        workers.Dispose();
        Assert.True(workers.HasEnded);
        place.Memory.Free();
        FileCalls.Close(wakeup);
    }

    private static RingsSubmission[] Copy(ushort region, uint input, uint output, int at, int size)
    {
        var read = new RingsSubmission
        {
            UserData = (ulong)at, Operation = RingsOperation.Read, File = input, Region = region, Offset = (ulong)at, Address = (ulong)at, Length = (uint)size, Flags = RingsEntryFlags.Link,
        };
        return [read, read with { UserData = (ulong)at + 1, Operation = RingsOperation.Write, File = output, Flags = RingsEntryFlags.None }];
    }

    private int Memory(byte[] content)
    {
        var memory = SharedMemory.Create("content", content.Length);
        _files.Add(memory);
        Assert.Equal(content.Length, FileCalls.Pwrite(memory, content, 0));
        return memory;
    }

    private static byte[] Content(int file, int length)
    {
        var bytes = new byte[length];
        Assert.Equal(length, FileCalls.Pread(file, bytes, 0));
        return bytes;
    }
}
