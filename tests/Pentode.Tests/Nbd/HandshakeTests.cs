using System.Buffers.Binary;
using System.Text;
using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Server;
using Pentode.Nbd.Wire;
using Xunit;

namespace Pentode.Tests.Nbd;

/// <summary>The option machine, byte for byte.</summary>
public sealed class HandshakeTests
{
    private const string Plain = "0D6D"; // flags, flush, fua, trim, zeroes, multi-conn, cache, fast zero
    private const string WithDf = "0DED";
    private const string Size = "0000000000100000";

    public static TheoryData<string> Engines() => new("ring", "portable");

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ExportNameIsAnsweredWithAndWithoutZeroes(string engine)
    {
        await using var server = new NbdTestServer(engine);
        foreach (var (clientFlags, zeroes) in new[] { (3u, 0), (1u, 124), (2u, 0), (0u, 124) })
        {
            using var client = server.Connect();
            client.Greet(clientFlags);
            client.SendOption(NbdOption.NBD_OPT_EXPORT_NAME, "disk"u8);
            Assert.Equal(Size + Plain + new string('0', 2 * zeroes), Convert.ToHexString(client.Receive(10 + zeroes)));
            Assert.Equal(NbdError.NBD_SUCCESS, client.Call(NbdCommand.NBD_CMD_READ, 0, 512).Error);
        }
    }

    [Fact]
    public async Task UnknownExportByNameOrUnknownClientFlagCloses()
    {
        await using var server = new NbdTestServer("ring");
        using (var client = server.Connect())
        {
            client.Greet();
            client.SendOption(NbdOption.NBD_OPT_EXPORT_NAME, "nothing"u8);
            Assert.True(client.IsClosedByServer());
        }

        using (var client = server.Connect())
        {
            client.Greet(7);
            Assert.True(client.IsClosedByServer());
        }

        Assert.Equal(2, server.Violations);
        Assert.Equal(2, server.Log.At(LogLevel.Warning).Length);
    }

    [Fact]
    public async Task InfoThenGoTellTheSame()
    {
        await using var server = new NbdTestServer("ring");
        using var client = server.Connect();
        client.Greet();
        client.Structured();
        var all = RawNbdClient.InfoData("disk", NbdInfo.NBD_INFO_EXPORT, NbdInfo.NBD_INFO_NAME, NbdInfo.NBD_INFO_DESCRIPTION, NbdInfo.NBD_INFO_BLOCK_SIZE, (NbdInfo)99);
        var info = client.Ask(NbdOption.NBD_OPT_INFO, all);
        string[] expected =
        [
            "0000" + Size + WithDf,
            "0001" + Convert.ToHexString("disk"u8),
            "0002" + Convert.ToHexString("words"u8),
            "0003" + "00000001" + "00001000" + "04000000",
            "",
        ];
        Assert.Equal(expected, info.Select(r => Convert.ToHexString(r.Data)));
        Assert.All(info.SkipLast(1), r => Assert.Equal(NbdOptionReply.NBD_REP_INFO, r.Type));
        Assert.Equal(expected, client.Ask(NbdOption.NBD_OPT_GO, all).Select(r => Convert.ToHexString(r.Data)));
        Assert.True(client.Call(NbdCommand.NBD_CMD_READ, 0, 512).IsChunked);
    }

    [Fact]
    public async Task FlagsFollowTheExport()
    {
        var plain = new BlockExport(
            "plain", new GatedBackend(new MemoryBackend(4096)) { IsOpen = true, Describe = i => i with { CanTrim = false, CanFastZero = false, IsCoherent = false } });
        var readOnly = new BlockExport(
            "ro", new GatedBackend(new MemoryBackend(8192)) { IsOpen = true, Describe = i => i with { IsRotational = true, MinimumBlock = 512 } },
            new BlockExportOptions { ReadOnly = true });
        await using var server = new NbdTestServer("ring", null, plain, readOnly);
        using var client = server.Connect();
        client.Greet();
        Assert.Equal("0000" + "0000000000001000" + "044D", Convert.ToHexString(client.Ask(NbdOption.NBD_OPT_INFO, RawNbdClient.InfoData(""))[0].Data));
        var replies = client.Ask(NbdOption.NBD_OPT_INFO, RawNbdClient.InfoData("ro", NbdInfo.NBD_INFO_BLOCK_SIZE));
        Assert.Equal("0000" + "0000000000002000" + "0D7F", Convert.ToHexString(replies[0].Data));
        Assert.Equal("0003" + "00000200" + "00001000" + "04000000", Convert.ToHexString(replies[1].Data));
    }

    [Fact]
    public async Task MalformedOptionsAreInvalidAndKeepTheFraming()
    {
        await using var server = new NbdTestServer("ring");
        using var client = server.Connect();
        client.Greet();
        var go = RawNbdClient.InfoData("disk", NbdInfo.NBD_INFO_NAME);
        for (var cut = 0; cut < go.Length; cut++)
            Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_INFO, go.AsSpan(0, cut)));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_GO, [.. go, 0]));
        var twice = RawNbdClient.InfoData("disk", NbdInfo.NBD_INFO_NAME, NbdInfo.NBD_INFO_NAME);
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_GO, twice));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_LIST, "x"u8));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_STRUCTURED_REPLY, "x"u8));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_LIST_META_CONTEXT, RawNbdClient.MetaData("disk")));
        client.Structured();
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_SET_META_CONTEXT, "xx"u8));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_UNKNOWN, client.LastOf(NbdOption.NBD_OPT_SET_META_CONTEXT, RawNbdClient.MetaData("no", "base:allocation")));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_UNKNOWN, client.LastOf(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData("no")));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_UNKNOWN, client.LastOf(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData(new string('n', 4096))));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_INVALID, client.LastOf(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData(new string('n', 4097))));
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_POLICY, client.LastOf(NbdOption.NBD_OPT_STARTTLS));
        foreach (var option in new[] { NbdOption.NBD_OPT_PEEK_EXPORT, NbdOption.NBD_OPT_EXTENDED_HEADERS, (NbdOption)0x7654321, (NbdOption)0 })
            Assert.Equal(NbdOptionReply.NBD_REP_ERR_UNSUP, client.LastOf(option, new byte[1000]));
        Assert.Equal(NbdOptionReply.NBD_REP_ACK, client.LastOf(NbdOption.NBD_OPT_GO, go));
        Assert.Equal(0, server.Violations);
    }

    [Fact]
    public async Task ErrorsCarryWords()
    {
        await using var server = new NbdTestServer("ring");
        using var client = server.Connect();
        client.Greet();
        Assert.Equal("no such export", Encoding.UTF8.GetString(client.Ask(NbdOption.NBD_OPT_INFO, RawNbdClient.InfoData("no"))[0].Data));
    }

    [Fact]
    public async Task ListTellsNamesAndDescriptionsUnlessForbidden()
    {
        var exports = new[]
        {
            new BlockExport("ä", new MemoryBackend(4096), new BlockExportOptions { Description = "first" }),
            new BlockExport("b", new MemoryBackend(4096)),
        };
        await using var server = new NbdTestServer("ring", null, exports);
        using var client = server.Connect();
        client.Greet();
        var replies = client.Ask(NbdOption.NBD_OPT_LIST);
        Assert.Equal(
            ["00000002" + "C3A4" + Convert.ToHexString("first"u8), "00000001" + "62", ""], replies.Select(r => Convert.ToHexString(r.Data)));
        Assert.Equal([NbdOptionReply.NBD_REP_SERVER, NbdOptionReply.NBD_REP_SERVER, NbdOptionReply.NBD_REP_ACK], replies.Select(r => r.Type));

        await using var silent = new NbdTestServer("ring", new NbdServerOptions { AllowList = false });
        using var other = silent.Connect();
        other.Greet();
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_POLICY, other.LastOf(NbdOption.NBD_OPT_LIST));
    }

    [Fact]
    public async Task TooManyExportsToListIsAnError()
    {
        var exports = Enumerable.Range(0, 80).Select(i => new BlockExport($"{i}-" + new string('n', 4000), new MemoryBackend(4096))).ToArray();
        await using var server = new NbdTestServer("ring", null, exports);
        using var client = server.Connect();
        client.Greet();
        Assert.Equal(NbdOptionReply.NBD_REP_ERR_TOO_BIG, client.LastOf(NbdOption.NBD_OPT_LIST));
        Assert.Equal(NbdOptionReply.NBD_REP_ACK, client.LastOf(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData(exports[79].Name)));
    }

    [Fact]
    public async Task MetaContextsAreListedAndSelectedPerExport()
    {
        var exports = new[] { new BlockExport("a", new MemoryBackend(4096)), new BlockExport("b", new MemoryBackend(4096)) };
        await using var server = new NbdTestServer("ring", null, exports);
        foreach (var (list, count) in new (string[], int)[]
        {
            ([], 1), (["base:"], 1), (["base:allocation"], 1), (["x-none:", "base:allocation", "qemu:"], 1), (["qemu:"], 0), (["plain"], 0),
        })
        {
            using var client = server.Connect();
            client.Greet();
            client.Structured();
            var replies = client.Ask(NbdOption.NBD_OPT_LIST_META_CONTEXT, RawNbdClient.MetaData("a", list));
            Assert.Equal(count + 1, replies.Count);
            if (count == 1)
                Assert.Equal("00000000" + Convert.ToHexString("base:allocation"u8), Convert.ToHexString(replies[0].Data));
        }

        // Name of SET, queries of SET, name of GO, whether BLOCK_STATUS then works.
        foreach (var (set, queries, go, works) in new (string, string[], string, bool)[]
        {
            ("a", ["base:allocation"], "a", true),
            ("a", ["x-y:z", "base:allocation", "base:allocation"], "a", true),
            ("", ["base:allocation"], "a", true),
            ("a", ["base:allocation"], "b", false),
            ("a", ["base:"], "a", false),
            ("a", [], "a", false),
            ("nothing", ["base:allocation"], "a", false),
        })
        {
            using var client = server.Connect();
            client.Greet();
            client.Structured();
            Assert.Equal(2, client.Ask(NbdOption.NBD_OPT_SET_META_CONTEXT, RawNbdClient.MetaData("a", "base:allocation")).Count);
            client.Ask(NbdOption.NBD_OPT_SET_META_CONTEXT, RawNbdClient.MetaData(set, queries)); // replaces what was there, also when it fails
            client.Ask(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData(go));
            Assert.Equal(works ? NbdError.NBD_SUCCESS : NbdError.NBD_EINVAL, client.Call(NbdCommand.NBD_CMD_BLOCK_STATUS, 0, 4096).Error);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task AbortIsAcknowledgedAndCloses(string engine)
    {
        await using var server = new NbdTestServer(engine);
        using var client = server.Connect();
        client.Greet();
        Assert.Equal(NbdOptionReply.NBD_REP_ACK, client.LastOf(NbdOption.NBD_OPT_ABORT, "bye"u8));
        Assert.True(client.IsClosedByServer());
        Assert.Equal(0, server.Violations);
        await server.AssertClean();
    }

    [Fact]
    public async Task BudgetsOfOptionsEndTheConnectionOnce()
    {
        await using var server = new NbdTestServer("ring", new NbdServerOptions { MaxOptions = 5 });
        using (var client = server.Connect())
        {
            client.Greet();
            for (var i = 0; i < 5; i++)
                client.Ask(NbdOption.NBD_OPT_LIST);
            Assert.True(client.IsClosedByServer());
        }

        foreach (var length in new uint[] { 65537u, 0x7FFFFFFF, 0xFFFFFFFF })
        {
            using var client = server.Connect();
            client.Greet();
            var head = new byte[16];
            NbdOptionHeader.Write(head, NbdOption.NBD_OPT_EXPORT_NAME, length);
            client.Send(head);
            Assert.True(client.IsClosedByServer());
        }

        using (var client = server.Connect())
        {
            client.Greet();
            client.Send(new byte[16]);
            Assert.True(client.IsClosedByServer());
        }

        Assert.Equal(5, server.Violations);
        Assert.Equal(5, server.Log.At(LogLevel.Warning).Length);
        await server.AssertClean();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task SilentClientsMeetTheDeadline(string engine)
    {
        await using var server = new NbdTestServer(engine, new NbdServerOptions { HandshakeTimeoutMs = 50 });
        using var silent = server.Connect();
        using var half = server.Connect();
        half.Greet();
        half.Send(RawNbdClient.Option(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData("disk")).AsSpan(0, 21));
        silent.Receive(18);
        Assert.True(silent.IsClosedByServer());
        Assert.True(half.IsClosedByServer());
        await server.AssertClean();
        Assert.Equal(2, server.Violations);
        Assert.Equal(2, server.Log.At(LogLevel.Warning).Length);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task OldStyleIsChosenForEachConnection(string engine)
    {
        var second = new BlockExport("second", new MemoryBackend(8192));
        await using var server = new NbdTestServer(engine, null, new BlockExport("first", new MemoryBackend(4096)), second);
        using var old = server.Connect(second);
        var expected = new byte[152];
        BinaryPrimitives.WriteUInt64BigEndian(expected, NbdWire.InitPasswd);
        BinaryPrimitives.WriteUInt64BigEndian(expected.AsSpan(8), NbdWire.OldStyleMagic);
        BinaryPrimitives.WriteUInt64BigEndian(expected.AsSpan(16), 8192);
        BinaryPrimitives.WriteUInt32BigEndian(expected.AsSpan(24), 0x0D6D);
        Assert.Equal(expected, old.Receive(152));
        Assert.Equal(NbdError.NBD_SUCCESS, old.Call(NbdCommand.NBD_CMD_WRITE, 4096, 4096).Error);
        using var fresh = server.Connect().Open(structured: false, "second");
        Assert.Equal(77, fresh.Call(NbdCommand.NBD_CMD_READ, 4096, 1).Data[0]);
    }

    [Fact]
    public async Task ABugInAHandshakeEndsOnlyThatConnection()
    {
        var isBroken = false;
        var broken = new BlockExport(
            "broken", new GatedBackend(new MemoryBackend(4096)) { Describe = i => isBroken ? throw new InvalidOperationException("a bug") : i });
        isBroken = true;
        var whole = new BlockExport("whole", new MemoryBackend(4096));
        await using var server = new NbdTestServer("ring", null, whole, broken);
        using var neighbour = server.Connect().Open(structured: true, "whole");
        using (var client = server.Connect())
        {
            client.Greet();
            client.SendOption(NbdOption.NBD_OPT_GO, RawNbdClient.InfoData("broken"));
            Assert.True(client.IsClosedByServer());
        }

        Assert.Equal(NbdError.NBD_SUCCESS, neighbour.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Error);
        await NbdTestServer.Eventually(() => server.Server.Sessions.Count == 1, "the broken one gone");
        Assert.Contains("a bug", Assert.Single(server.Log.At(LogLevel.Error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientsOverTheLimitAreRefused()
    {
        await using var server = new NbdTestServer("ring", new NbdServerOptions { MaxConnections = 1 });
        using var first = server.Connect().Open(structured: false);
        using (var second = server.Connect())
            Assert.True(second.IsClosedByServer());
        Assert.Equal(NbdError.NBD_SUCCESS, first.Call(NbdCommand.NBD_CMD_FLUSH, 0, 0).Error);
        Assert.Equal(1, server.Metrics.Counter("pentode.nbd.refused", "").Value);
    }
}
