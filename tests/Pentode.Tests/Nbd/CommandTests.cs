using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Server;
using Pentode.Nbd.Wire;
using Xunit;
using static Pentode.Nbd.Wire.NbdCommand;
using static Pentode.Nbd.Wire.NbdCommandFlags;
using static Pentode.Nbd.Wire.NbdError;

namespace Pentode.Tests.Nbd;

/// <summary>Every command through a real server: both engines, simple and structured.</summary>
public sealed class CommandTests
{
    private const uint End = NbdTestServer.DiskBytes;

    public static TheoryData<string, bool> Dialects() => new() { { "ring", false }, { "ring", true }, { "portable", false }, { "portable", true } };

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task EveryCommandWithEveryFlag(string engine, bool structured)
    {
        var slow = new BlockExport("slow", new GatedBackend(new MemoryBackend(End)) { IsOpen = true, Describe = i => i with { CanFastZero = false } });
        await using var server = new NbdTestServer(engine, null, new BlockExport("fast", new MemoryBackend(End)), slow);
        foreach (var name in new[] { "fast", "slow" })
        {
            using var client = server.Connect().Open(structured, name);
            ulong cookie = 0xFFFFFFFF00000000;
            foreach (var type in new[] { NBD_CMD_READ, NBD_CMD_WRITE, NBD_CMD_FLUSH, NBD_CMD_TRIM, NBD_CMD_CACHE, NBD_CMD_WRITE_ZEROES, NBD_CMD_BLOCK_STATUS, NBD_CMD_RESIZE, (NbdCommand)9, (NbdCommand)0xFFFF })
            {
                for (var bits = 0; bits <= 128; bits++)
                {
                    var flags = (NbdCommandFlags)(bits == 128 ? 0x8000 : bits);
                    var allowed = NBD_CMD_FLAG_FUA | type switch
                    {
                        NBD_CMD_READ when structured => NBD_CMD_FLAG_DF,
                        NBD_CMD_WRITE_ZEROES => NBD_CMD_FLAG_NO_HOLE | (name == "fast" ? NBD_CMD_FLAG_FAST_ZERO : 0),
                        NBD_CMD_BLOCK_STATUS => NBD_CMD_FLAG_REQ_ONE,
                        _ => 0,
                    };
                    var isFine = (flags & ~allowed) == 0 && type < NBD_CMD_RESIZE && (structured || type != NBD_CMD_BLOCK_STATUS);
                    var (offset, length) = type == NBD_CMD_FLUSH ? (0u, 0u) : (4096u, 512u);
                    var answer = client.Call(type, offset, length, flags, cookie++);
                    Assert.True((isFine ? NBD_SUCCESS : NBD_EINVAL) == answer.Error, $"{type} {flags} {name}: {answer.Error}");
                    Assert.Equal(isFine && type == NBD_CMD_READ ? 512 : 0, answer.Data.Length);
                    Assert.Equal(structured && (!isFine || type is NBD_CMD_READ or NBD_CMD_BLOCK_STATUS), answer.IsChunked);
                    if (answer.IsChunked && !isFine)
                        Assert.Equal("invalid request", answer.Text);
                }
            }
        }

        Assert.Equal(0, server.Violations);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task RangesAreChecked(string engine, bool structured)
    {
        await using var server = new NbdTestServer(engine);
        using var client = server.Connect().Open(structured);
        foreach (var (type, beyond) in new[]
        {
            (NBD_CMD_READ, NBD_EINVAL), (NBD_CMD_WRITE, NBD_ENOSPC), (NBD_CMD_TRIM, NBD_EINVAL), (NBD_CMD_CACHE, NBD_EINVAL),
            (NBD_CMD_WRITE_ZEROES, NBD_ENOSPC), (NBD_CMD_BLOCK_STATUS, NBD_EINVAL),
        })
        {
            foreach (var (offset, length) in new (ulong, uint)[]
            {
                (End, 1), (End - 1, 2), (End + 1, 1), (0, End + 1), (long.MaxValue, 1), (1UL << 63, 1), (ulong.MaxValue, 1), (ulong.MaxValue, 2), (ulong.MaxValue - 511, 512),
            })
            {
                var answer = client.Call(type, offset, length);
                Assert.True(beyond == answer.Error, $"{type} {offset} {length}: {answer.Error}");
            }

            // Nothing is asked for: fine anywhere inside, except a status, which cannot be empty.
            foreach (var offset in new[] { 0u, 77u, End })
                Assert.Equal(type == NBD_CMD_BLOCK_STATUS ? NBD_EINVAL : NBD_SUCCESS, client.Call(type, offset, 0).Error);
            var last = type == NBD_CMD_BLOCK_STATUS && !structured ? NBD_EINVAL : NBD_SUCCESS;
            Assert.Equal(last, client.Call(type, End - 1, 1).Error);
        }

        foreach (var (type, length) in new[] { (NBD_CMD_TRIM, 0xFFFFFFFFu), (NBD_CMD_CACHE, 0x80000000u) })
            Assert.Equal(NBD_EINVAL, client.Call(type, 0, length).Error);
        Assert.Equal(NBD_ENOSPC, client.Call(NBD_CMD_WRITE_ZEROES, 0, 0xFFFFFFFF).Error);
        Assert.Equal(0, server.Violations);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task ReadOnlyExportsRefuseChangesAndTakeTheirPayload(string engine, bool structured)
    {
        await using var server = new NbdTestServer(engine, null, new BlockExport("", new MemoryBackend(End), new BlockExportOptions { ReadOnly = true }));
        using var client = server.Connect().Open(structured);
        Assert.Equal(NBD_EPERM, client.Call(NBD_CMD_WRITE, 0, 512).Error);
        Assert.Equal(NBD_EPERM, client.Call(NBD_CMD_WRITE, 0, 500000).Error);
        Assert.Equal(NBD_EPERM, client.Call(NBD_CMD_WRITE_ZEROES, 0, 512).Error);
        Assert.Equal(NBD_EPERM, client.Call(NBD_CMD_TRIM, 0, 512).Error);
        Assert.Equal(NBD_SUCCESS, client.Call(NBD_CMD_FLUSH, 0, 0).Error);
        Assert.Equal(NBD_SUCCESS, client.Call(NBD_CMD_CACHE, 0, 512).Error);
        Assert.Equal(NBD_SUCCESS, client.Call(NBD_CMD_READ, 0, 512).Error);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task UnalignedRequestsAreInvalidWhereBlocksAreLarge(string engine, bool structured)
    {
        var blocks = new GatedBackend(new MemoryBackend(End)) { IsOpen = true, Describe = i => i with { MinimumBlock = 512 } };
        await using var server = new NbdTestServer(engine, null, new BlockExport("", blocks));
        using var client = server.Connect().Open(structured);
        foreach (var type in new[] { NBD_CMD_READ, NBD_CMD_WRITE, NBD_CMD_TRIM, NBD_CMD_CACHE, NBD_CMD_WRITE_ZEROES, NBD_CMD_BLOCK_STATUS })
        {
            Assert.Equal(NBD_EINVAL, client.Call(type, 1, 512).Error);
            Assert.Equal(NBD_EINVAL, client.Call(type, 512, 511).Error);
            if (structured || type != NBD_CMD_BLOCK_STATUS)
                Assert.Equal(NBD_SUCCESS, client.Call(type, 512, 1024).Error);
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task LargePayloadsUpTo64MiB(string engine, bool structured)
    {
        const uint Most = 64 << 20;
        await using var server = new NbdTestServer(engine, null, new BlockExport("", new MemoryBackend(2L * Most)));
        using var client = server.Connect().Open(structured);
        Assert.Equal(NBD_SUCCESS, client.Call(NBD_CMD_WRITE, 1, Most, cookie: 5).Error);
        var read = client.Call(NBD_CMD_READ, 1, Most);
        Assert.Equal(NBD_SUCCESS, read.Error);
        Assert.True(read.Data.AsSpan().IndexOfAnyExcept((byte)5) < 0 && read.Data.Length == Most);
        Assert.Equal(NBD_EOVERFLOW, client.Call(NBD_CMD_READ, 0, Most + 1).Error);
        Assert.Equal(NBD_EINVAL, client.Call(NBD_CMD_WRITE, 0, Most + 1, cookie: 9).Error); // its payload is read and thrown away
        Assert.Equal(5, client.Call(NBD_CMD_READ, 1, 1).Data[0]);
        if (structured)
            Assert.Equal(65536, client.Call(NBD_CMD_READ, 0, 65536, NBD_CMD_FLAG_DF).Data.Length);

        // Nobody means that: the connection ends before a byte of it is read.
        client.SendRequest(NBD_CMD_WRITE, 1, 0, 0xFFFFFFFF);
        Assert.True(client.IsClosedByServer());
        Assert.Equal(1, server.Violations);
        await server.AssertClean();
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task ManyRequestsInOneSendAreAllAnswered(string engine, bool structured)
    {
        await using var server = new NbdTestServer(engine);
        using var client = server.Connect().Open(structured);
        using var all = new MemoryStream();
        for (ulong i = 0; i < 600; i++)
            all.Write(RawNbdClient.Request(NBD_CMD_WRITE, i, i * 1024, 1024, payload: 1024));
        for (ulong i = 600; i < 1200; i++)
            all.Write(RawNbdClient.Request((NbdCommand)(i % 3 == 0 ? 99 : 4), i, 0, 0));
        client.Send(all.ToArray());
        var seen = new HashSet<ulong>();
        for (var i = 0; i < 1200; i++)
        {
            var answer = client.ReadAnswer();
            Assert.True(seen.Add(answer.Cookie));
            Assert.Equal(answer.Cookie >= 600 && answer.Cookie % 3 == 0 ? NBD_EINVAL : NBD_SUCCESS, answer.Error);
        }

        for (ulong i = 0; i < 600; i += 37)
            Assert.Equal((byte)i, client.Call(NBD_CMD_READ, i * 1024, 1).Data[0]);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task BytesMayTrickleIn(string engine, bool structured)
    {
        await using var server = new NbdTestServer(engine);
        using var client = server.Connect().Open(structured);
        byte[] all = [.. RawNbdClient.Request(NBD_CMD_WRITE, 9, 100, 40, payload: 40), .. RawNbdClient.Request(NBD_CMD_READ, 10, 100, 40)];
        foreach (var one in all)
            client.Send(one);
        Assert.Equal(9u, client.ReadAnswer().Cookie);
        Assert.True(client.ReadAnswer(40).Data.AsSpan().IndexOfAnyExcept((byte)9) < 0);
    }

    [Fact]
    public async Task StatusTellsExtents()
    {
        await using var server = new NbdTestServer("ring");
        using var client = server.Connect().Open(structured: true);
        client.Call(NBD_CMD_WRITE, 65536, 65536);
        client.Call(NBD_CMD_WRITE, 262144, 1);
        Assert.Equal([(65536u, 3u), (65536u, 0u), (131072u, 3u), (65536u, 0u), (End - 327680, 3u)], client.Call(NBD_CMD_BLOCK_STATUS, 0, End).Extents);
        Assert.Equal([(65536u, 3u)], client.Call(NBD_CMD_BLOCK_STATUS, 0, End, NBD_CMD_FLAG_REQ_ONE).Extents);
        Assert.Equal([(10u, 0u)], client.Call(NBD_CMD_BLOCK_STATUS, 65546, 10, NBD_CMD_FLAG_REQ_ONE).Extents);
    }

    [Theory]
    [InlineData(Errno.EIO, NBD_EIO)]
    [InlineData(Errno.ENOSPC, NBD_ENOSPC)]
    [InlineData(Errno.EDQUOT, NBD_ENOSPC)]
    [InlineData(Errno.EACCES, NBD_EPERM)]
    [InlineData(Errno.EOPNOTSUPP, NBD_EINVAL)]
    public async Task ErrorsOfTheBackendReachTheClient(Errno error, NbdError expected)
    {
        var backend = new GatedBackend(new MemoryBackend(End)) { IsOpen = true };
        await using var server = new NbdTestServer("ring", null, new BlockExport("", backend));
        foreach (var structured in new[] { false, true })
        {
            using var client = server.Connect().Open(structured);
            backend.Answer = error;
            foreach (var type in new[] { NBD_CMD_READ, NBD_CMD_WRITE, NBD_CMD_TRIM, NBD_CMD_CACHE, NBD_CMD_WRITE_ZEROES })
                Assert.Equal(expected, client.Call(type, 0, 100000).Error);
            Assert.Equal(expected, client.Call(NBD_CMD_FLUSH, 0, 0).Error);
            var fast = client.Call(NBD_CMD_WRITE_ZEROES, 0, 512, NBD_CMD_FLAG_FAST_ZERO);
            Assert.Equal(error == Errno.EOPNOTSUPP ? NBD_ENOTSUP : expected, fast.Error);
            backend.Answer = Errno.None;
            Assert.Equal(NBD_SUCCESS, client.Call(NBD_CMD_READ, 0, 100000).Error);
        }
    }

    [Fact]
    public async Task ABadMagicClosesAfterTheRepliesDue()
    {
        await using var server = new NbdTestServer("ring");
        using var client = server.Connect().Open(structured: false);
        client.Send([.. RawNbdClient.Request(NBD_CMD_FLUSH, 1, 0, 0), .. new byte[28], .. RawNbdClient.Request(NBD_CMD_FLUSH, 2, 0, 0)]);
        Assert.Equal(1u, client.ReadAnswer().Cookie);
        Assert.True(client.IsClosedByServer());
        Assert.Equal(1, server.Violations);
        Assert.Single(server.Log.At(LogLevel.Warning));
        await server.AssertClean();
    }

    [Fact]
    public async Task ABadMagicBehindAFullWindowClosesToo()
    {
        // The magic is looked at only when a request before it has been answered, outside of any receive.
        var gate = new GatedBackend(new MemoryBackend(End));
        await using var server = new NbdTestServer("ring", new NbdServerOptions { MaxInFlightRequests = 1 }, new BlockExport("", gate));
        using var client = server.Connect().Open(structured: false);
        client.Send([.. RawNbdClient.Request(NBD_CMD_FLUSH, 1, 0, 0), .. new byte[28]]);
        await NbdTestServer.Eventually(() => gate.Waiting == 1, "the flush waits");
        gate.IsOpen = true;
        Assert.Equal(1u, client.ReadAnswer().Cookie);
        Assert.True(client.IsClosedByServer());
        await server.AssertClean();
    }
}
