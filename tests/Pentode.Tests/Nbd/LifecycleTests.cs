using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Server;
using Pentode.Nbd.Wire;
using Xunit;

namespace Pentode.Tests.Nbd;

/// <summary>How connections end, and what bad ones cost.</summary>
public sealed class LifecycleTests
{
    private const int DiskBytes = 64 << 20;

    public static TheoryData<string> Engines() => new("ring", "portable");

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task DiscAnswersEverythingFirst(string engine)
    {
        var gate = new GatedBackend(new MemoryBackend(DiskBytes));
        await using var server = new NbdTestServer(engine, null, new BlockExport("", gate));
        using var client = server.Connect().Open(structured: true);
        for (ulong i = 0; i < 100; i++)
            client.SendRequest(NbdCommand.NBD_CMD_READ, i, i * 4096, 4096);
        client.SendRequest(NbdCommand.NBD_CMD_DISC, 100, 0, 0);
        await NbdTestServer.Eventually(() => gate.Waiting == 100, "all under way");
        gate.IsOpen = true;
        var seen = new HashSet<ulong>();
        for (var i = 0; i < 100; i++)
        {
            var answer = client.ReadAnswer(4096);
            Assert.Equal(NbdError.NBD_SUCCESS, answer.Error);
            Assert.True(seen.Add(answer.Cookie));
        }

        Assert.True(client.IsClosedByServer());
        await server.AssertClean();
        Assert.Equal(0, server.Violations);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task AVanishedClientLeavesNothingBehind(string engine)
    {
        var gate = new GatedBackend(new MemoryBackend(DiskBytes));
        await using var server = new NbdTestServer(engine, null, new BlockExport("", gate));
        for (var round = 0; round < 8; round++)
        {
            gate.IsOpen = false;
            using (var client = server.Connect().Open(structured: round % 2 == 0))
            {
                for (ulong i = 0; i < 20; i++)
                {
                    client.Send(RawNbdClient.Request(NbdCommand.NBD_CMD_WRITE, i, i * 4096, 4096, payload: 4096));
                    client.SendRequest(NbdCommand.NBD_CMD_READ, i + 100, i << 20, i % 2 == 0 ? 4096 : 1u << 20);
                }

                // And half a write, small in one round, large in the next.
                client.Send(RawNbdClient.Request(NbdCommand.NBD_CMD_WRITE, 50, 0, round % 4 < 2 ? 20000u : 1u << 20, payload: 10000));
                await NbdTestServer.Eventually(() => gate.Waiting == 40, "all under way");
                Assert.Equal(1, server.Server.Sessions.Count);
            }

            gate.IsOpen = true;
            await server.AssertClean();
        }

        Assert.Equal(0, server.Violations);
        Assert.Empty(server.Log.At(LogLevel.Warning));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task AHalfClosedClientStillGetsItsReplies(string engine)
    {
        var gate = new GatedBackend(new MemoryBackend(DiskBytes));
        await using var server = new NbdTestServer(engine, null, new BlockExport("", gate));
        using var client = server.Connect().Open(structured: false);
        client.SendRequest(NbdCommand.NBD_CMD_READ, 1, 0, 4096);
        client.Send(RawNbdClient.Request(NbdCommand.NBD_CMD_WRITE, 2, 0, 1 << 20, payload: 1000));
        client.ShutdownSend();
        await NbdTestServer.Eventually(() => gate.Waiting == 1, "the read waits");
        gate.IsOpen = true;
        var first = client.ReadAnswer();
        if (first.Cookie == 2)
        {
            // The write that never came whole counts as failed.
            Assert.Equal(NbdError.NBD_EIO, first.Error);
            Assert.Equal(1u, client.ReadAnswer(4096).Cookie);
        }

        client.Drain();
        await server.AssertClean();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task OneThatNeverReadsCostsOnlyItself(string engine)
    {
        await using var server = new NbdTestServer(engine, new NbdServerOptions { MaxUnsentBytes = 1 << 20, MaxInFlightBytes = 4 << 20 }, new BlockExport("", new MemoryBackend(DiskBytes)));
        using var stuck = server.Connect().Open(structured: false);
        var sender = Task.Run(() =>
        {
            // Far more than any buffer holds: this blocks until the connection is closed under it.
            for (ulong i = 0; i < 100000 && stuck.TrySend(RawNbdClient.Request(NbdCommand.NBD_CMD_READ, i, 0, 65536)); i++)
            {
            }
        });
        var clients = Enumerable.Range(0, 50).Select(_ => server.Connect()).ToArray();
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < clients.Length; i++)
            {
                if (round == 0)
                    clients[i].Open(structured: i % 2 == 0);
                Assert.Equal(NbdError.NBD_SUCCESS, clients[i].Call(NbdCommand.NBD_CMD_WRITE, (ulong)i * 65536, 4096, cookie: (ulong)i).Error);
                Assert.Equal((byte)i, clients[i].Call(NbdCommand.NBD_CMD_READ, (ulong)i * 65536, 4096).Data[4095]);
            }
        }

        foreach (var client in clients)
            client.Dispose();
        await NbdTestServer.Eventually(() => server.Server.Sessions.Count == 1, "only the stuck one is left");

        // What it may hold: unsent replies, reads under way, its own two blocks and what the last batch added to them.
        Assert.InRange(await server.OnLoop(() => server.Loop.Buffers.RentedBytes), 1, 16 << 20);
        stuck.Dispose();
        await sender.WaitAsync(TimeSpan.FromSeconds(30));
        await server.AssertClean();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ManyThatNeverReadShareOneBudget(string engine)
    {
        const long Budget = 16 << 20;
        await using var server = new NbdTestServer(engine, new NbdServerOptions { MaxLoopBytes = Budget }, new BlockExport("", new MemoryBackend(DiskBytes)));
        var stuck = Enumerable.Range(0, 20).Select(_ => server.Connect().Open(structured: false)).ToArray();
        foreach (var client in stuck)
        {
            for (ulong i = 0; i < 8; i++)
                client.SendRequest(NbdCommand.NBD_CMD_READ, i, 0, 1 << 20);
        }

        using (var other = server.Connect().Open(structured: false))
            Assert.Equal(NbdError.NBD_SUCCESS, other.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Error);

        // Twice the budget, one more large buffer, and the fixed buffers of the connections.
        Assert.InRange(await server.OnLoop(() => server.Loop.Buffers.RentedBytes), 1, 2 * Budget + (1 << 20) + 21 * (512 << 10));

        // Who takes the replies after all gets every one of them.
        foreach (var client in stuck)
        {
            for (ulong i = 0; i < 8; i++)
                Assert.Contains(client.ReadAnswer(1 << 20).Error, new[] { NbdError.NBD_SUCCESS, NbdError.NBD_ENOMEM });
            client.Dispose();
        }

        await server.AssertClean();
    }

    [Fact]
    public async Task RequestsUnderWayAreLimited()
    {
        var gate = new GatedBackend(new MemoryBackend(DiskBytes));
        await using var server = new NbdTestServer("ring", new NbdServerOptions { MaxInFlightRequests = 8, MaxInFlightBytes = 3 << 20 }, new BlockExport("", gate));
        using var client = server.Connect().Open(structured: false);
        for (ulong i = 0; i < 100; i++)
            client.SendRequest(NbdCommand.NBD_CMD_CACHE, i, 0, 4096);
        await NbdTestServer.Eventually(() => gate.Waiting == 8, "eight under way");
        Assert.Equal(8, await server.OnLoop(() => gate.Waiting));
        gate.IsOpen = true;
        for (var i = 0; i < 100; i++)
            client.ReadAnswer();
        gate.IsOpen = false;
        for (ulong i = 0; i < 20; i++)
            client.SendRequest(NbdCommand.NBD_CMD_READ, i, 0, 1 << 20);
        await NbdTestServer.Eventually(() => gate.Waiting == 3, "three MiB under way");
        Assert.Equal(3, await server.OnLoop(() => gate.Waiting));
        gate.IsOpen = true;
        for (var i = 0; i < 20; i++)
            client.ReadAnswer(1 << 20);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task DrainAnswersWhatIsUnderWayAndCloses(string engine)
    {
        var gate = new GatedBackend(new MemoryBackend(DiskBytes));
        await using var server = new NbdTestServer(engine, null, new BlockExport("", gate));
        using var busy = server.Connect().Open(structured: true);
        using var idle = server.Connect().Open(structured: true);
        using var midway = server.Connect();
        midway.Greet();
        using var partial = server.Connect().Open(structured: false);
        for (ulong i = 0; i < 10; i++)
            busy.SendRequest(NbdCommand.NBD_CMD_READ, i, 0, 4096);
        partial.SendRequest(NbdCommand.NBD_CMD_READ, 1, 0, 4096);
        partial.Send(RawNbdClient.Request(NbdCommand.NBD_CMD_WRITE, 2, 0, 1 << 20, payload: 100));
        await NbdTestServer.Eventually(() => gate.Waiting == 11, "all under way");
        var drain = server.Server.DrainAsync(TimeSpan.FromSeconds(20));
        Assert.True(idle.IsClosedByServer());
        Assert.True(midway.IsClosedByServer());
        using (var late = server.Connect())
            Assert.True(late.IsClosedByServer());
        gate.IsOpen = true;
        for (var i = 0; i < 10; i++)
            Assert.Equal(NbdError.NBD_SUCCESS, busy.ReadAnswer(4096).Error);
        Assert.True(busy.IsClosedByServer());
        var first = partial.ReadAnswer();
        Assert.Equal((2ul, NbdError.NBD_ESHUTDOWN), (first.Cookie, first.Error));
        Assert.Equal((1ul, NbdError.NBD_SUCCESS), (partial.ReadAnswer(4096) is var second ? second.Cookie : 0, second.Error));
        Assert.True(partial.IsClosedByServer());
        await drain;
        await server.AssertClean();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task DrainCutsWhoDoesNotLeave(string engine)
    {
        var gate = new GatedBackend(new MemoryBackend(DiskBytes)) { IsOpen = true };
        await using var server = new NbdTestServer(engine, null, new BlockExport("", gate));
        using var stuck = server.Connect().Open(structured: false);
        for (ulong i = 0; i < 64; i++)
            stuck.SendRequest(NbdCommand.NBD_CMD_READ, i, 0, 1 << 20);
        await server.Server.DrainAsync(TimeSpan.FromMilliseconds(50));
        await server.AssertClean();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task SteadyStateAllocatesNothing(string engine)
    {
        await using var server = new NbdTestServer(engine, null, new BlockExport("", new MemoryBackend(DiskBytes)));
        foreach (var structured in new[] { false, true })
        {
            using var client = server.Connect().Open(structured);
            var write = RawNbdClient.Request(NbdCommand.NBD_CMD_WRITE, 1, 8192, 4096, payload: 4096);
            var read = RawNbdClient.Request(NbdCommand.NBD_CMD_READ, 2, 8192, 4096);
            Rounds(300);
            var before = await server.OnLoop(GC.GetAllocatedBytesForCurrentThread);
            Rounds(2000);
            var allocated = await server.OnLoop(GC.GetAllocatedBytesForCurrentThread) - before;

            // The two looks at the counter go through the loop themselves; 4000 requests with one object each would be 100 times that.
            Assert.InRange(allocated, 0, 2048);

            void Rounds(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    client.Send(write);
                    client.Receive(16);
                    client.Send(read);
                    client.Receive((structured ? 28 : 16) + 4096);
                }
            }
        }
    }
}
