using Pentode.Blocks;
using Pentode.Core;
using Pentode.Nbd.Client;
using Pentode.Uring;

namespace Pentode.Tests.Nbd.Client;

/// <summary>What the conformance suite cannot see: which connection is used, and servers that offer little.</summary>
public sealed class NbdBackendTests
{
    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public Task EveryLoopHasItsConnectionAndSeesTheOthersWrites(string engine) => OnLoop.With(engine, first => OnLoop.With(engine, async second =>
    {
        await using var server = new ServerFixture(engine);
        var (backend, problem) = await NbdBackend.ConnectAsync([first, second], server.Uri);
        Assert.Null(problem);
        Assert.Equal((2, 2), (backend!.Connections, server.Server.Sessions.Count));
        var data = GC.AllocateArray<byte>(100000, pinned: true);
        new Random(1).NextBytes(data);
        var got = GC.AllocateArray<byte>(data.Length, pinned: true);
        await OnLoop.On(first, async () =>
        {
            Assert.Equal(Errno.None, await backend.Write(data, 77, fua: false));
            Assert.Same(first, IoLoop.Current);
        });
        await OnLoop.On(second, async () =>
        {
            Assert.Equal(Errno.None, await backend.Read(got, 77));
            Assert.Same(second, IoLoop.Current);
            Assert.Equal(Errno.None, await backend.Flush());
        });
        Assert.Equal(data, got);

        // A caller from a third loop travels, and comes back to where it was.
        await OnLoop.Run(engine, async third =>
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(Errno.None, await backend.Read(got, i));
                Assert.Same(third, IoLoop.Current);
            }
        });
        await backend.DisposeAsync();
    }));

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public Task LostServerIsALostDisk(string engine) => OnLoop.With(engine, async loop =>
    {
        var server = new ServerFixture(engine);
        var (backend, problem) = await NbdBackend.ConnectAsync([loop], server.Uri);
        Assert.Null(problem);
        var buffer = GC.AllocateArray<byte>(512, pinned: true);
        Assert.Equal(Errno.None, await backend!.Read(buffer, 0));
        await server.DisposeAsync();
        Assert.Equal(Errno.EIO, await backend.Read(buffer, 0));
        Assert.Equal(Errno.EIO, await backend.Flush());
        Assert.NotNull(backend.Problem);
        await backend.DisposeAsync();
    });

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public Task ServerThatOffersNothingStillTakesAll(string engine) => OnLoop.With(engine, async loop =>
    {
        // Oldstyle, no flags: only READ and WRITE.
        var written = new byte[8192];
        await using var server = new ScriptedServer(async s =>
        {
            await s.Send(ScriptedServer.U64(Pentode.Nbd.Wire.NbdWire.InitPasswd), ScriptedServer.U64(Pentode.Nbd.Wire.NbdWire.OldStyleMagic));
            await s.Send(ScriptedServer.U64(8192), ScriptedServer.U32(1), new byte[124]);
            while (true)
            {
                var (type, flags, cookie, offset, length) = await s.Request();
                if (type == Pentode.Nbd.Wire.NbdCommand.NBD_CMD_DISC)
                    return;
                Assert.Equal((Pentode.Nbd.Wire.NbdCommand.NBD_CMD_WRITE, 0), (type, (int)flags));
                (await s.Receive((int)length)).CopyTo(written, (int)offset);
                await s.Simple(cookie);
            }
        });
        var (backend, problem) = await NbdBackend.ConnectAsync([loop, loop], server.Uri.WithExport(""));
        Assert.Null(problem);
        Assert.Equal(1, backend!.Connections);
        var ones = GC.AllocateArray<byte>(8192, pinned: true);
        Array.Fill(ones, (byte)1);
        Assert.Equal(Errno.None, await backend.Write(ones, 0, fua: true));
        Assert.Equal(Errno.EOPNOTSUPP, await backend.Zero(0, 4096, ZeroFlags.Fast));
        Assert.Equal(Errno.None, await backend.Zero(0, 4096, ZeroFlags.NoHole | ZeroFlags.Fua));
        Assert.Equal(Errno.None, await backend.Trim(0, 4096, fua: true));
        Assert.Equal(Errno.None, await backend.Cache(0, 4096));
        Assert.Equal(Errno.None, await backend.Flush());
        var extents = new List<BlockExtent>();
        Assert.Equal(Errno.None, await backend.Extents(0, 8192, 10, extents));
        Assert.Equal(new BlockExtent(8192, false, false), Assert.Single(extents));
        Assert.Equal(new byte[4096], written[..4096]);
        Assert.Equal(ones[4096..], written[4096..]);
        await backend.DisposeAsync();
    });
}
