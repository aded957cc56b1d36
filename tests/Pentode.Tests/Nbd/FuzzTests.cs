using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Wire;
using Xunit;

namespace Pentode.Tests.Nbd;

/// <summary>Sessions that begin right and go wrong at random.</summary>
[Collection(nameof(NbdAlone))]
public sealed class FuzzTests
{
    private const int DiskBytes = 1 << 20;

    [Theory]
    [InlineData("ring", 8000)]
    [InlineData("portable", 2000)]
    public async Task RandomSessionsLeaveTheServerWhole(string engine, int sessions)
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var server = new NbdTestServer(engine, null, new BlockExport("disk", new MemoryBackend(DiskBytes)));
        using var neighbour = server.Connect().Open(structured: true, "disk");
        Batch(server, seed, 200);
        await Settle(server);
        var descriptors = Descriptors();
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 200; i < sessions; i += 200)
        {
            Batch(server, seed + i, Math.Min(200, sessions - i));
            Assert.Equal(NbdError.NBD_SUCCESS, neighbour.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Error);
        }

        await Settle(server);
        Assert.Equal(server.Violations, server.Log.At(LogLevel.Warning).Length);
        Assert.Empty(server.Log.At(LogLevel.Error));
        Assert.True(server.Violations > sessions / 10, "the sessions are hardly ever wrong");

        Assert.InRange(Descriptors() - descriptors, int.MinValue, 16);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 8 << 20);
        neighbour.Call(NbdCommand.NBD_CMD_WRITE, 0, 4096, cookie: 3);
        Assert.Equal(3, neighbour.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Data[4095]);
    }

    private static async Task Settle(NbdTestServer server)
    {
        await NbdTestServer.Eventually(() => server.Server.Sessions.Count == 1, "only the neighbour is left");

        // Its receive buffer, and the block of replies it keeps.
        await NbdTestServer.Eventually(() => server.OnLoop(() => server.Loop.Buffers.RentedBytes).GetAwaiter().GetResult() <= 512 << 10, "all buffers back");
    }

    private static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static void Batch(NbdTestServer server, int seed, int count) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
    {
        var random = new Random(seed + i);
        using var client = server.Connect();
        client.TrySend(Session(random));

        // Half of them leave at once, half listen to the end.
        if (random.Next(2) == 0)
            return;
        client.ShutdownSend();
        client.Drain();
    });

    /// <summary>Bytes of a whole session, valid up to a random place.</summary>
    private static byte[] Session(Random random)
    {
        using var all = new MemoryStream();
        all.Write([0, 0, 0, (byte)random.Next(4)]);
        var structured = random.Next(2) == 0;
        if (structured)
            all.Write(RawNbdClient.Option(NbdOption.NBD_OPT_STRUCTURED_REPLY, default));
        for (var i = random.Next(4); i > 0; i--)
            all.Write(RandomOption(random));
        if (random.Next(8) != 0)
        {
            all.Write(RawNbdClient.Option(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData(random.Next(10) == 0 ? "no" : "disk", NbdInfo.NBD_INFO_BLOCK_SIZE)));
            for (var i = random.Next(12); i > 0; i--)
                all.Write(RandomRequest(random));
        }

        var bytes = all.ToArray();
        switch (random.Next(4))
        {
            case 0:
                for (var i = random.Next(1, 6); i > 0; i--)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..random.Next(bytes.Length)];
            case 2:
                var at = random.Next(bytes.Length);
                random.NextBytes(bytes.AsSpan(at, Math.Min(random.Next(1, 64), bytes.Length - at)));
                return bytes;
            default:
                var garbage = new byte[random.Next(1, 200)];
                random.NextBytes(garbage);
                return [.. bytes, .. garbage];
        }
    }

    private static byte[] RandomOption(Random random)
    {
        var option = (NbdOption)random.Next(2, 13);
        byte[] data = random.Next(5) switch
        {
            0 => [],
            1 => RawNbdClient.InfoData("disk", (NbdInfo)random.Next(6)),
            2 => RawNbdClient.MetaData("disk", "base:allocation", "x:y"),
            3 => new byte[random.Next(300)],
            _ => [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1],
        };
        return RawNbdClient.Option(option == NbdOption.NBD_OPT_ABORT || option == NbdOption.NBD_OPT_GO ? NbdOption.NBD_OPT_INFO : option, data);
    }

    private static byte[] RandomRequest(Random random)
    {
        var type = (NbdCommand)random.Next(random.Next(10) == 0 ? 12 : 8);
        var length = (uint)random.Next(random.Next(4) == 0 ? 100000 : 5000);
        var offset = random.Next(6) == 0 ? (ulong)random.NextInt64() << random.Next(2) : (ulong)random.Next(DiskBytes);
        var flags = (NbdCommandFlags)(random.Next(3) == 0 ? random.Next(64) : 0);
        return RawNbdClient.Request(type, (ulong)random.NextInt64(), offset, length, flags, type == NbdCommand.NBD_CMD_WRITE ? (int)length : 0);
    }
}
