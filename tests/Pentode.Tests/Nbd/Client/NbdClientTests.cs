using Pentode.Blocks;
using Pentode.Core;
using Pentode.Nbd.Client;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Tests.Nbd.Client;

/// <summary>The client against our own server.</summary>
public abstract class NbdClientTests(string engine)
{
    [Fact]
    public Task EveryCommandWorks() => Run(async client =>
    {
        var data = Pattern(70000, 1);
        Assert.Equal(Errno.None, await client.Write(data, 123));
        Assert.Equal(data, await Read(client, 123, data.Length));
        Assert.Equal(Errno.None, await client.Write(data, 1 << 20, NbdCommandFlags.NBD_CMD_FLAG_FUA));
        Assert.Equal(Errno.None, await client.Flush());
        Assert.Equal(Errno.None, await client.WriteZeroes(123, 1000, NbdCommandFlags.NBD_CMD_FLAG_NO_HOLE | NbdCommandFlags.NBD_CMD_FLAG_FUA));
        Assert.Equal(new byte[1000], await Read(client, 123, 1000));
        Assert.Equal(Errno.None, await client.WriteZeroes(1 << 20, 65536, NbdCommandFlags.NBD_CMD_FLAG_FAST_ZERO));
        Assert.Equal(Errno.None, await client.Trim(1 << 20, 1 << 20));
        Assert.Equal(new byte[70000], await Read(client, 1 << 20, 70000));
        Assert.Equal(Errno.None, await client.Cache(0, 65536));
        var buffer = Pinned(4096);
        Assert.Equal(Errno.None, await client.Read(buffer, 1123, NbdCommandFlags.NBD_CMD_FLAG_DF));
        Assert.Equal(data[1000..5096], buffer);
        Assert.Equal(Errno.None, await client.Read(default, 5));
    });

    [Fact]
    public Task ExtentsComeBack() => Run(async client =>
    {
        Assert.Equal(Errno.None, await client.Write(Pattern(65536, 1), 65536));
        var extents = new List<NbdExtent>();
        Assert.Equal(Errno.None, await client.BlockStatus(0, client.Export.Size, 100, extents));
        Assert.Equal([new NbdExtent(0, 65536, 3), new NbdExtent(0, 65536, 0), new NbdExtent(0, (uint)(client.Export.Size - 131072), 3)], extents);
        extents.Clear();
        Assert.Equal(Errno.None, await client.BlockStatus(100, 50, 100, extents, NbdCommandFlags.NBD_CMD_FLAG_REQ_ONE));
        Assert.Equal(new NbdExtent(0, 50, 3), Assert.Single(extents));
        extents.Clear();
        Assert.Equal(Errno.None, await client.BlockStatus(0, client.Export.Size, 1, extents));
        Assert.Single(extents);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ManyAtOnceMatchAModel(bool structured) => Run(
        async client =>
        {
            Assert.Equal(structured, client.Export.IsStructured);
            const int Lanes = 48;
            const int Room = 1 << 20;
            await Task.WhenAll(Enumerable.Range(0, Lanes).Select(Lane));

            async Task Lane(int lane)
            {
                var random = new Random(lane);
                var model = new byte[Room];
                for (var step = 0; step < 25; step++)
                {
                    var offset = random.Next(Room);
                    var length = random.Next(1, Math.Min(Room - offset, random.Next(4) == 0 ? 400000 : 9000) + 1);
                    var at = (lane * (long)Room) + offset;
                    switch (random.Next(5))
                    {
                        case 0 or 1:
                            var data = Pattern(length, random.Next());
                            Assert.Equal(Errno.None, await client.Write(data, at));
                            data.CopyTo(model, offset);
                            break;
                        case 2:
                            Assert.Equal(Errno.None, await client.WriteZeroes(at, length));
                            Array.Clear(model, offset, length);
                            break;
                        default:
                            Assert.True((await Read(client, at, length)).AsSpan().SequenceEqual(model.AsSpan(offset, length)), $"lane {lane} step {step}");
                            break;
                    }
                }
            }
        },
        new NbdClientOptions { UseStructured = structured, MaxInFlight = 32 });

    [Fact]
    public Task LongRequestsAreSplit() => Run(
        async client =>
        {
            var data = Pattern((5 << 20) + 17, 3);
            Assert.Equal(Errno.None, await client.Write(data, 1000));
            Assert.Equal(data, await Read(client, 1000, data.Length));
        },
        new NbdClientOptions { MaxPayload = 65536 });

    [Fact]
    public Task HugeRangesAreSplit() => Run(
        async client =>
        {
            Assert.Equal(Errno.None, await client.Write(Pattern(65536, 3), (1L << 40) - 65536));
            Assert.Equal(Errno.None, await client.WriteZeroes((1L << 40) - (9L << 30) - 1, (9L << 30) + 1));
            Assert.Equal(new byte[65536], await Read(client, (1L << 40) - 65536, 65536));
        },
        backend: new Pentode.Blocks.Memory.MemoryBackend(1L << 40));

    [Fact]
    public Task WhatCannotBeIsRefusedHere() => Run(async client =>
    {
        var one = Pinned(1);
        var size = client.Export.Size;
        Assert.Equal(Errno.EINVAL, await client.Read(one, size));
        Assert.Equal(Errno.EINVAL, await client.Read(one, -1));
        Assert.Equal(Errno.EINVAL, await client.Read(one, long.MaxValue));
        Assert.Equal(Errno.ENOSPC, await client.Write(one, size));
        Assert.Equal(Errno.ENOSPC, await client.WriteZeroes(1, size));
        Assert.Equal(Errno.EINVAL, await client.Trim(1, size));
        Assert.Equal(Errno.EINVAL, await client.Read(one, 0, NbdCommandFlags.NBD_CMD_FLAG_FUA));
        Assert.Equal(Errno.EINVAL, await client.Write(one, 0, NbdCommandFlags.NBD_CMD_FLAG_DF));
        Assert.Equal(Errno.None, await client.Read(one, size - 1));
    });

    [Fact]
    public Task ReadOnlyIsRefused() => Run(
        async client =>
        {
            Assert.True(client.Export.IsReadOnly);
            Assert.Equal(Errno.EPERM, await client.Write(Pinned(1), 0));
            Assert.Equal(Errno.EPERM, await client.Trim(0, 1));
            Assert.Equal(Errno.None, await client.Read(Pinned(1), 0));
        },
        first: new BlockExportOptions { ReadOnly = true });

    [Fact]
    public Task FactsOfTheExportAreTold() => Run(
        client =>
        {
            var info = client.Export;
            Assert.Equal(("disk", "disk", "a disk", "newstyle-fixed", ServerFixture.DiskBytes), (info.Name, info.CanonicalName, info.Description, info.Protocol, info.Size));
            Assert.True(info.HasBlockSizes && info.IsStructured && info.CanMultiConnect);
            Assert.Equal((1, 4096), (info.MinimumBlock, info.PreferredBlock));
            Assert.Equal("base:allocation", Assert.Single(info.AvailableContexts!).Name);
            Assert.Equal(0, info.ContextIndex("base:allocation"));
            return Task.CompletedTask;
        },
        new NbdClientOptions { ListContexts = true });

    [Fact]
    public Task OldStyle() => Run(
        async client =>
        {
            Assert.Equal("oldstyle", client.Export.Protocol);
            var data = Pattern(100000, 5);
            Assert.Equal(Errno.None, await client.Write(data, 7));
            Assert.Equal(data, await Read(client, 7, data.Length));
            Assert.Equal(Errno.EOPNOTSUPP, await client.BlockStatus(0, 1, 1, []));
        },
        oldStyle: true);

    [Fact]
    public Task UnknownExportIsNamed() => OnLoop.With(engine, async loop =>
    {
        await using var server = new ServerFixture(engine);
        var (client, problem) = await NbdClient.ConnectAsync(loop, server.Uri.WithExport("nothing"));
        Assert.Null(client);
        Assert.Equal(Errno.ENOENT, problem!.Error);
        Assert.Contains("nothing", problem.Message, StringComparison.Ordinal);
        (_, problem) = await NbdClient.ConnectAsync(loop, NbdUri.Unix("/nonexistent/socket"));
        Assert.Equal(Errno.ENOENT, problem!.Error);
        (_, problem) = await NbdClient.ConnectAsync(loop, NbdUri.Tcp("127.0.0.1", 1));
        Assert.Equal(Errno.ECONNREFUSED, problem!.Error);
        (_, problem) = await NbdClient.ConnectAsync(loop, NbdUri.Tcp("no-such-host.invalid", 1));
        Assert.Equal(Errno.EADDRNOTAVAIL, problem!.Error);
    });

    [Fact]
    public Task ListingTellsAll() => OnLoop.With(engine, async loop =>
    {
        await using var server = new ServerFixture(engine);
        var (exports, problem) = await NbdListing.ListAsync(loop, server.Uri, details: false);
        Assert.Null(problem);
        Assert.Equal([("disk", "a disk"), ("second", "")], exports!.Select(e => (e.Name, e.Description)));
        (exports, problem) = await NbdListing.ListAsync(loop, server.Uri, details: true);
        Assert.Null(problem);
        Assert.Equal([ServerFixture.DiskBytes, 12345], exports!.Select(e => e.Info!.Size));
        Assert.All(exports!, e => Assert.Equal("base:allocation", Assert.Single(e.Info!.AvailableContexts!).Name));
    });

    [Fact]
    public Task ServerThatStopsEndsEverything() => OnLoop.With(engine, async loop =>
    {
        var server = new ServerFixture(engine);
        var (client, _) = await NbdClient.ConnectAsync(loop, server.Uri);
        await OnLoop.On(loop, async () => Assert.Equal(Errno.None, await client!.Write(Pinned(5), 0)));
        await server.DisposeAsync();
        await OnLoop.On(loop, async () => Assert.NotEqual(Errno.None, await client!.Read(Pinned(5), 0)));
        Assert.NotNull(client!.Problem);
        await client.DisposeAsync();
        await OnLoop.On(loop, async () => Assert.NotEqual(Errno.None, await client.Flush()));
    });

    [Fact]
    public Task CloseWaitsForWhatIsUnderWay() => OnLoop.With(engine, async loop =>
    {
        await using var server = new ServerFixture(engine);
        var (client, _) = await NbdClient.ConnectAsync(loop, server.Uri);
        var results = new List<Task<Errno>>();
        await OnLoop.On(loop, () =>
        {
            for (var i = 0; i < 500; i++)
                results.Add(client!.Read(Pinned(10000), i * 10000).AsTask());
            return Task.CompletedTask;
        });
        await client!.DisposeAsync();
        Assert.All(await Task.WhenAll(results), e => Assert.Equal(Errno.None, e));
        await OnLoop.On(loop, async () => Assert.Equal(Errno.ESHUTDOWN, await client.Read(Pinned(1), 0)));
    });

    [Fact]
    public Task SteadyStateAllocatesNothing() => Run(async client =>
    {
        var buffers = Enumerable.Range(0, 16).Select(_ => Pinned(4096)).ToArray();
        var large = Pinned(300_000);
        var tasks = new ValueTask<Errno>[buffers.Length];
        var before = 0L;
        for (var round = 0; round < 400; round++)
        {
            if (round == 200)
                before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < tasks.Length; i++)
                tasks[i] = round % 2 == 0 ? client.Write(buffers[i], i * 4096L) : client.Read(buffers[i], i * 4096L);
            for (var i = 0; i < tasks.Length; i++)
                Assert.True(await tasks[i] == Errno.None);
            Assert.True(await client.Write(large, 1 << 20) == Errno.None);
            Assert.True(await client.Read(large, 1 << 20) == Errno.None);
            Assert.True(await client.Flush() == Errno.None);
        }

        // The timer queue may grow once; a request that allocated would cost hundreds of thousands of bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    });

    private Task Run(
        Func<NbdClient, Task> body, NbdClientOptions? options = null, BlockExportOptions? first = null, IBlockBackend? backend = null, bool oldStyle = false) => OnLoop.With(engine, async loop =>
    {
        await using var fixture = new ServerFixture(engine, null, first, backend, oldStyle);
        var (client, problem) = await NbdClient.ConnectAsync(loop, fixture.Uri.WithExport(oldStyle ? "" : "disk"), options);
        Assert.Null(problem);
        try
        {
            await OnLoop.On(loop, () => body(client!));
            Assert.Null(client!.Problem);
        }
        finally
        {
            await client!.DisposeAsync();
        }
    });

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    private static byte[] Pattern(int length, int seed)
    {
        var data = Pinned(length);
        new Random(seed).NextBytes(data);
        return data;
    }

    private static async Task<byte[]> Read(NbdClient client, long offset, int length)
    {
        var buffer = Pinned(length);
        Array.Fill(buffer, (byte)0xEE);
        Assert.Equal(Errno.None, await client.Read(buffer, offset));
        return buffer;
    }
}
