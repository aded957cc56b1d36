using Pentode.Core;
using Pentode.Nbd.Client;
using Pentode.Nbd.Wire;
using static Pentode.Tests.Nbd.Client.ScriptedServer;

namespace Pentode.Tests.Nbd.Client;

/// <summary>Servers that are odd but right, and servers that are wrong, slow or hostile: always an answer or a clear error, never a hang.</summary>
public abstract class HostileServerTests(string engine)
{
    private const int Offset = 4096;
    private const int Length = 8192;
    private const NbdOptionReply Ack = NbdOptionReply.NBD_REP_ACK;
    private const NbdOptionReply Info = NbdOptionReply.NBD_REP_INFO;

    // What a server answers to READ of Length at Offset, after an honest handshake with structured replies.
    private static readonly Dictionary<string, Func<ScriptedServer, ulong, Task>> s_lies = new()
    {
        ["bad magic"] = (s, c) => s.Send(U32(0x12345678), new byte[100]),
        ["wrong cookie"] = (s, c) => s.Chunk(c + 1, 0, true),
        ["cookie of another time"] = (s, c) => s.Chunk(c + 65536, 0, true),
        ["done without data"] = (s, c) => s.Chunk(c, 0, true),
        ["done with a gap"] = async (s, c) =>
        {
            await s.Chunk(c, 1, false, U64(Offset), new byte[4096]);
            await s.Chunk(c, 1, true, U64(Offset + 4097), new byte[4095]);
        },
        ["overlap"] = async (s, c) =>
        {
            await s.Chunk(c, 1, false, U64(Offset), new byte[4096]);
            await s.Chunk(c, 1, true, U64(Offset + 4095), new byte[4097]);
        },
        ["before the request"] = (s, c) => s.Chunk(c, 1, true, U64(Offset - 1), new byte[Length]),
        ["beyond the request"] = (s, c) => s.Chunk(c, 1, true, U64(Offset), new byte[Length + 1]),
        ["far beyond"] = (s, c) => s.Chunk(c, 1, true, U64(ulong.MaxValue), new byte[16]),
        ["huge length"] = (s, c) => s.Send(U32(NbdWire.ChunkMagic), U16(1), U16(1), U64(c), U32(0xffffffff), U64(Offset)),
        ["data without bytes"] = (s, c) => s.Chunk(c, 1, false, U64(Offset)),
        ["hole without bytes"] = (s, c) => s.Chunk(c, 2, true, U64(Offset), U32(0)),
        ["hole beyond"] = (s, c) => s.Chunk(c, 2, true, U64(Offset), U32(Length + 1)),
        ["hole of wrong size"] = (s, c) => s.Chunk(c, 2, true, U64(Offset), U64(Length)),
        ["empty chunk with bytes"] = (s, c) => s.Chunk(c, 0, true, new byte[1]),
        ["empty chunk, not last"] = (s, c) => s.Chunk(c, 0, false),
        ["unknown chunk"] = (s, c) => s.Chunk(c, 99, true),
        ["block status to a read"] = (s, c) => s.Chunk(c, 5, true, U32(7), U32(512), U32(0)),
        ["simple success"] = (s, c) => s.Simple(c),
        ["error without text length"] = (s, c) => s.Chunk(c, 0x8001, true, U32(5)),
        ["error with text beyond"] = (s, c) => s.Chunk(c, 0x8001, true, U32(5), U16(100), Text("short")),
        ["error of value 0"] = (s, c) => s.Chunk(c, 0x8001, true, U32(0), U16(0)),
        ["error of great length"] = (s, c) => s.Send(U32(NbdWire.ChunkMagic), U16(1), U16(0x8001), U64(c), U32(1 << 30)),
        ["error outside"] = (s, c) => s.Chunk(c, 0x8002, true, U32(5), U16(0), U64(0)),
        ["unknown error of great length"] = (s, c) => s.Send(U32(NbdWire.ChunkMagic), U16(1), U16(0x8111), U64(c), U32(1 << 30)),
        ["endless errors"] = async (s, c) =>
        {
            while (true)
                await s.Chunk(c, 0x8001, false, U32(5), U16(0));
        },
        ["same answer twice"] = async (s, c) =>
        {
            await s.Chunk(c, 1, true, U64(Offset), new byte[Length]);
            await s.Chunk(c, 0, true);
        },
    };

    // Handshakes that must fail, with the error.
    private static readonly Dictionary<string, (Errno Error, Func<ScriptedServer, Task> Script)> s_greetings = new()
    {
        ["not NBD"] = (Errno.EPROTO, s => s.Send(Text("SSH-2.0-OpenSSH_9.2p1 Debian"))),
        ["neither style"] = (Errno.EPROTO, s => s.Send(U64(NbdWire.InitPasswd), U64(42), U16(3))),
        ["closes at once"] = (Errno.ECONNRESET, _ => Task.CompletedTask),
        ["oldstyle for a name"] = (Errno.ENOENT, s => s.Send(U64(NbdWire.InitPasswd), U64(NbdWire.OldStyleMagic), U64(Size), U32(1), new byte[124])),
        ["oldstyle of absurd size"] = (Errno.EPROTO, s => s.Send(U64(NbdWire.InitPasswd), U64(NbdWire.OldStyleMagic), U64(1UL << 63), U32(1), new byte[124])),
        ["bad option magic"] = (Errno.EPROTO, AtGo(s => s.Send(U64(1), U32(7), U32(1), U32(0)))),
        ["answers another option"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_LIST, Ack))),
        ["great option reply"] = (Errno.EPROTO, AtGo(s => s.Send(U64(NbdWire.OptionReplyMagic), U32(7), U32(3), U32(0xffffffff)))),
        ["no size"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Ack))),
        ["absurd size"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Info, U16(0), U64(ulong.MaxValue), U16(1)))),
        ["short info"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Info, U16(0), U64(1)))),
        ["long name"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Info, U16(1), new byte[4097]))),
        ["long description"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Info, U16(2), new byte[60000]))),
        ["block size 0"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Info, U16(3), U32(0), U32(0), U32(0)))),
        ["block size 3"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, Info, U16(3), U32(3), U32(4096), U32(65536)))),
        ["wrong reply type"] = (Errno.EPROTO, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, NbdOptionReply.NBD_REP_SERVER))),
        ["wants TLS"] = (Errno.EACCES, AtGo(s => s.Reply(NbdOption.NBD_OPT_GO, NbdOptionReply.NBD_REP_ERR_TLS_REQD, Text("go away\n\u001b[31m")))),
        ["endless information"] = (Errno.EPROTO, AtGo(async s =>
        {
            while (true)
                await s.Reply(NbdOption.NBD_OPT_GO, Info, U16(77));
        })),
        ["silence"] = (Errno.ETIMEDOUT, s => s.UntilClosed()),
        ["silence in the middle"] = (Errno.ETIMEDOUT, AtGo(s => s.UntilClosed())),
    };

    public static TheoryData<string> Lies() => new(s_lies.Keys);

    public static TheoryData<string> Greetings() => new(s_greetings.Keys);

    [Theory]
    [MemberData(nameof(Lies))]
    public Task LiesEndTheConnection(string lie) => Run(
        async s =>
        {
            await s.Open();
            await s_lies[lie](s, (await s.Request()).Cookie);
            await s.UntilClosed();
        },
        async client =>
        {
            var first = await client.Read(Pinned(Length), Offset);
            Assert.Equal(lie == "same answer twice" ? Errno.None : Errno.EPROTO, first);
            var second = await client.Read(Pinned(Length), Offset);
            Assert.Equal(Errno.EPROTO, second);
            Assert.Contains("protocol", client.Problem!.Message, StringComparison.Ordinal);
        });

    [Theory]
    [MemberData(nameof(Greetings))]
    public Task BadHandshakesAreRefused(string name) => OnLoop.With(engine, async loop =>
    {
        var (error, script) = s_greetings[name];
        await using var server = new ScriptedServer(script);
        var options = new NbdClientOptions { HandshakeTimeoutMs = error == Errno.ETIMEDOUT ? 150 : 30000 };
        var (client, problem) = await NbdClient.ConnectAsync(loop, server.Uri, options);
        Assert.Null(client);
        Assert.True(error == problem!.Error, problem.ToString());
        Assert.DoesNotContain(problem.Message, char.IsControl);
    });

    [Fact]
    public Task ChunksInAnyOrder() => Run(
        async s =>
        {
            await s.Open();
            var (_, _, cookie, _, _) = await s.Request();
            var (_, _, other, _, _) = await s.Request();
            await s.Chunk(cookie, 1, false, U64(Offset + 6000), Filled(2192, 3));
            await s.Chunk(other, 1, false, U64(100), Filled(1, 9));
            await s.Chunk(cookie, 2, false, U64(Offset + 1000), U32(5000));
            await s.Chunk(other, 1, false, U64(101), Filled(1, 8));
            await s.Chunk(cookie, 1, false, U64(Offset), Filled(1000, 1));
            await s.Chunk(other, 0, true);
            await s.Chunk(cookie, 0, true);
            await s.UntilClosed();
        },
        async client =>
        {
            var buffer = Filled(Length, 0xEE);
            var small = Pinned(2);
            var first = client.Read(buffer, Offset);
            var second = client.Read(small, 100);
            Assert.Equal(Errno.None, await second);
            Assert.Equal([9, 8], small);
            Assert.Equal(Errno.None, await first);
            Assert.Equal(Cat(Filled(1000, 1), new byte[5000], Filled(2192, 3)), buffer);
        });

    [Fact]
    public Task ErrorsCarryTextAndOffset() => Run(
        async s =>
        {
            await s.Open();
            var cookie = (await s.Request()).Cookie;
            await s.Chunk(cookie, 1, false, U64(Offset), new byte[100]);
            await s.Chunk(cookie, 0x8002, false, U32(5), U16(7), Text("bad\nmed"), U64(Offset + 100));
            await s.Chunk(cookie, 0x8001, true, U32(28), U16(0));
            cookie = (await s.Request()).Cookie;
            await s.Chunk(cookie, 0x8abc, true, new byte[50000]);
            await s.Simple((await s.Request()).Cookie, 12);
            cookie = (await s.Request()).Cookie;
            await s.Receive(Length);
            await s.Simple(cookie, 4711);
            cookie = (await s.Request()).Cookie;
            await s.Receive(Length);
            await s.Chunk(cookie, 0, true);
            await s.UntilClosed();
        },
        async client =>
        {
            var buffer = Pinned(Length);
            Assert.Equal(Errno.EIO, await client.Read(buffer, Offset));
            Assert.Equal(Errno.EIO, await client.Read(buffer, Offset));
            Assert.Equal(Errno.ENOMEM, await client.Read(buffer, Offset));
            Assert.Equal(Errno.EINVAL, await client.Write(buffer, Offset));
            Assert.Equal(Errno.None, await client.Write(buffer, Offset));
            Assert.Null(client.Problem);
        });

    [Fact]
    public Task BlockStatusIsChecked() => Run(
        async s =>
        {
            await s.Open();
            var cookie = (await s.Request()).Cookie;

            // More entries than fit the receive buffer, and an overrun at the end.
            await s.Chunk(cookie, 5, true, U32(7), Cat(Enumerable.Range(0, 60000).Select(i => Cat(U32(16), U32((uint)i & 3))).ToArray()), U32(0xffffff00), U32(1));
            cookie = (await s.Request()).Cookie;
            await s.Chunk(cookie, 5, false, U32(7), U32(512), U32(0));
            await s.Chunk(cookie, 5, true, U32(7), U32(512), U32(0));
            await s.UntilClosed();
        },
        async client =>
        {
            var extents = new List<NbdExtent>();
            Assert.Equal(Errno.None, await client.BlockStatus(0, 1 << 20, 100000, extents));
            Assert.Equal(60001, extents.Count);
            Assert.Equal(1 << 20, extents.Sum(e => (long)e.Length));
            Assert.Equal(Errno.EPROTO, await client.BlockStatus(0, 1 << 20, 100000, extents));
        });

    [Theory]
    [InlineData("wrong context")]
    [InlineData("extent without length")]
    [InlineData("odd length")]
    [InlineData("nothing")]
    [InlineData("simple")]
    public Task BadBlockStatusEndsTheConnection(string lie) => Run(
        async s =>
        {
            await s.Open();
            var cookie = (await s.Request()).Cookie;
            await (lie switch
            {
                "wrong context" => s.Chunk(cookie, 5, true, U32(8), U32(512), U32(0)),
                "extent without length" => s.Chunk(cookie, 5, true, U32(7), U32(0), U32(0)),
                "odd length" => s.Chunk(cookie, 5, true, U32(7), U32(512)),
                "nothing" => s.Chunk(cookie, 0, true),
                _ => s.Simple(cookie),
            });
            await s.UntilClosed();
        },
        async client => Assert.Equal(Errno.EPROTO, await client.BlockStatus(0, 1 << 20, 10, [])));

    [Fact]
    public Task ServerWithoutOptions() => Run(
        async s =>
        {
            await s.Greet(flags: 0);
            var (option, name) = await s.Option();
            Assert.Equal((NbdOption.NBD_OPT_EXPORT_NAME, "x"), (option, System.Text.Encoding.UTF8.GetString(name)));
            await s.Send(U64(Size), U16(1), new byte[124]);
            await s.Simple((await s.Request()).Cookie);
            await s.Send(Filled(Length, 4));
            await s.UntilClosed();
        },
        async client =>
        {
            Assert.Equal("newstyle", client.Export.Protocol);
            var buffer = Pinned(Length);
            Assert.Equal(Errno.None, await client.Read(buffer, Offset));
            Assert.Equal(Filled(Length, 4), buffer);
            Assert.Equal(Errno.EOPNOTSUPP, await client.Flush());
        });

    [Fact]
    public Task ServerWithoutGo() => Run(
        async s =>
        {
            await s.Greet();
            while (true)
            {
                var (option, _) = await s.Option();
                if (option == NbdOption.NBD_OPT_EXPORT_NAME)
                    break;
                await s.Reply(option, NbdOptionReply.NBD_REP_ERR_UNSUP);
            }

            await s.Send(U64(Size), U16(5));
            await s.Simple((await s.Request()).Cookie);
            await s.UntilClosed();
        },
        async client => Assert.Equal(Errno.None, await client.Flush()));

    [Fact]
    public Task SilenceIsNoticed() => Run(
        async s =>
        {
            await s.Open();
            await s.UntilClosed();
        },
        async client =>
        {
            var tasks = Enumerable.Range(0, 300).Select(i => client.Read(Pinned(10), i).AsTask()).ToArray();
            Assert.All(await Task.WhenAll(tasks), e => Assert.Equal(Errno.ETIMEDOUT, e));
            Assert.Equal(Errno.ETIMEDOUT, await client.Flush());
        },
        new NbdClientOptions { StallTimeoutMs = 100 });

    [Fact]
    public Task AnswerBeforeThePayloadWasTakenDoesNotFreeIt() => Run(
        async s =>
        {
            await s.Open(size: 64 << 20);
            await s.Simple((await s.Request()).Cookie);
            await Task.Delay(50);
        },
        async client =>
        {
            // The kernel cannot take all of this, so the send is under way when the answer comes; then the server goes.
            var buffer = Filled(32 << 20, 1);
            var error = await client.Write(buffer, 0);
            Assert.NotNull(client.Problem);
            Assert.NotEqual(Errno.None, error);
        });

    [Fact]
    public Task ListsHaveALimit() => OnLoop.With(engine, async loop =>
    {
        await using var server = new ScriptedServer(async s =>
        {
            await s.Greet();
            await s.Reply((await s.Option()).Option, Ack);
            Assert.Equal(NbdOption.NBD_OPT_LIST, (await s.Option()).Option);
            while (true)
                await s.Reply(NbdOption.NBD_OPT_LIST, NbdOptionReply.NBD_REP_SERVER, U32(1), Text("xand more"));
        });
        var (exports, problem) = await NbdListing.ListAsync(loop, server.Uri, details: false, new NbdClientOptions { MaxListedExports = 50 });
        Assert.Null(exports);
        Assert.Equal(Errno.EPROTO, problem!.Error);
        Assert.Contains("50", problem.Message, StringComparison.Ordinal);
    });

    private static Func<ScriptedServer, Task> AtGo(Func<ScriptedServer, Task> rest) => async s =>
    {
        await s.Greet();
        while (true)
        {
            var (option, _) = await s.Option();
            if (option == NbdOption.NBD_OPT_GO)
                break;
            await s.Reply(option, NbdOptionReply.NBD_REP_ERR_UNSUP);
        }

        await rest(s);
        await s.UntilClosed();
    };

    private Task Run(Func<ScriptedServer, Task> script, Func<NbdClient, Task> body, NbdClientOptions? options = null) =>
        OnLoop.With(engine, async loop =>
        {
            await using var server = new ScriptedServer(script);
            var (client, problem) = await NbdClient.ConnectAsync(loop, server.Uri, options);
            Assert.True(problem is null, problem?.Message);
            try
            {
                await OnLoop.On(loop, () => body(client!));
            }
            finally
            {
                await client!.DisposeAsync();
            }
        });

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    private static byte[] Filled(int length, byte value)
    {
        var bytes = Pinned(length);
        Array.Fill(bytes, value);
        return bytes;
    }
}
