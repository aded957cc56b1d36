using Pentode.Core;
using Pentode.Rings.Client;
using Pentode.Rings.Wire;
using Pentode.Tests.Uring;
using static Pentode.Tests.Rings.Client.FakeRingsServer;

namespace Pentode.Tests.Rings.Client;

/// <summary>Servers that are wrong, slow or hostile: a clear error, never a hang.</summary>
public sealed class HostileRingsServerTests
{
    private static readonly RingsTraceEvent s_event = new() { Sequence = 5, Event = RingsTraceKind.Completion, Kind = RingsKind.Nop };

    private static readonly Dictionary<string, (Errno Error, byte[] Answer)> s_greetings = new()
    {
        ["nothing"] = (Errno.EPIPE, []),
        ["too short"] = (Errno.EPROTO, Handshake()[..51]),
        ["another protocol"] = (Errno.EPROTO, new byte[52]),
        ["another version"] = (Errno.EPROTONOSUPPORT, Handshake(minor: 13)),
        ["another ABI"] = (Errno.EPROTONOSUPPORT, Handshake(abiMinor: 11)),
        ["rejected"] = (Errno.EPROTONOSUPPORT, Handshake(status: 1, structSize: 0)),
        ["degraded"] = (Errno.EPROTO, Handshake(status: 2)),
        ["reserved field"] = (Errno.EPROTO, Handshake(reserved: 1)),
        ["other capabilities"] = (Errno.EPROTO, Handshake(structSize: 40)),
        ["no ring"] = (Errno.EPROTO, Handshake(entries: 0)),
        ["a huge ring"] = (Errno.EPROTO, Handshake(entries: 1 << 20)),
        ["no completions"] = (Errno.EPROTO, Handshake(completions: 0)),
        ["no operations"] = (Errno.EPROTO, Handshake(operations: 0)),
        ["unknown operations"] = (Errno.EPROTO, Handshake(operations: 0x1FFF)),
        ["too many credits"] = (Errno.EPROTO, Handshake(credits: 5)),
        ["no descriptor slots"] = (Errno.EPROTO, Handshake(descriptors: 0)),
        ["no buffer slots"] = (Errno.EPROTO, Handshake(buffers: 0)),
        ["no bytes"] = (Errno.EPROTO, Handshake(ioBytes: 0)),
        ["too many bytes"] = (Errno.EPROTO, Handshake(ioBytes: 65536)),
    };

    // Answers to a NOP, or to another call, that break the protocol.
    private static readonly Dictionary<string, (Func<RingsClient, ValueTask<Errno>> Call, byte[][] Answer)> s_lies = new()
    {
        ["accepted without id"] = (Nop, [Submit(0)]),
        ["reserved id"] = (Nop, [Submit(ulong.MaxValue)]),
        ["refused with id"] = (Nop, [Submit(1, -11)]),
        ["positive result"] = (Nop, [Submit(1, 1)]),
        ["no errno"] = (Nop, [Submit(0, -5000)]),
        ["too many credits"] = (Nop, [Submit(1, 0, 5)]),
        ["completion without acceptance"] = (Nop, [End(1, RingsKind.Nop)]),
        ["completion of another task"] = (Nop, [Submit(1), End(2, RingsKind.Nop)]),
        ["completion of another kind"] = (Nop, [Submit(1), End(1, RingsKind.Timeout)]),
        ["payload of a nop"] = (Nop, [Submit(1), End(1, RingsKind.Nop, 0, [1])]),
        ["result of a nop"] = (Nop, [Submit(1), End(1, RingsKind.Nop, 1)]),
        ["huge payload"] = (Nop, [Submit(1), Hex("494F443101000C00 0100000000000000 00000000 0100 FFFF")]),
        ["result that is no errno"] = (Nop, [Submit(1), End(1, RingsKind.Nop, -4096)]),
        ["answer twice"] = (async c => await Nop(c) is var first && first != Errno.None ? first : await Stats(c), [Submit(1), Submit(2), End(1, RingsKind.Nop)]),
        ["id not rising"] = (async c => await Nop(c) is var first && first != Errno.None ? first : await Nop(c), [Submit(7), End(7, RingsKind.Nop), Submit(7)]),
        ["read beyond"] = (Read, [Submit(1), End(1, RingsKind.FileRead, 5, new byte[5])]),
        ["read without bytes"] = (Read, [Submit(1), End(1, RingsKind.FileRead, 4)]),
        ["read error with bytes"] = (Read, [Submit(1), End(1, RingsKind.FileRead, -5, new byte[4])]),
        ["write beyond"] = (async c => (await c.Write(true, 1, new byte[4])).Error, [Submit(1), End(1, RingsKind.SockWrite, 5)]),
        ["opened nothing"] = (async c => (await c.OpenAt("x", 0)).Error, [Submit(1), End(1, RingsKind.OpenAt)]),
        ["accepted nothing"] = (async c => (await c.Accept(1)).Error, [Submit(1), End(1, RingsKind.Accept)]),
        ["address not asked for"] = (async c => (await c.Accept(1)).Error, [Submit(1), End(1, RingsKind.Accept, 2, [1])]),
        ["resource reserved"] = (Buffer, [Resource(1, 0, 0, 1)]),
        ["resource without id"] = (Buffer, [Resource(0)]),
        ["refused resource with id"] = (Buffer, [Resource(1, -11)]),
        ["resource slots"] = (Buffer, [Resource(1, 0, 1000)]),
        ["release of another"] = (async c => (await c.Release(3)).Error, [Resource(4)]),
        ["stats that cannot be"] = (Stats, [Enumerable.Repeat((byte)0xFF, 56).ToArray()]),
        ["trace of too many"] = (AskTrace, [Trace(1, 9, 3)]),
        ["trace reserved"] = (AskTrace, [Trace(1, 9, 0, 1)]),
        ["trace backwards"] = (AskTrace, [Trace(9, 1, 0)]),
        ["trace not after"] = (AskTrace, [Trace(1, 9, 1, 0, s_event with { Sequence = 4 })]),
        ["trace twice the same"] = (AskTrace, [Trace(1, 9, 2, 0, s_event, s_event)]),
        ["trace beyond its end"] = (AskTrace, [Trace(1, 9, 1, 0, s_event with { Sequence = 10 })]),
        ["trace kind"] = (AskTrace, [Trace(1, 9, 1, 0, s_event with { Event = (RingsTraceKind)6 })]),
        ["trace task kind"] = (AskTrace, [Trace(1, 9, 1, 0, s_event with { Kind = (RingsKind)15 })]),
        ["trace priority"] = (AskTrace, [Trace(1, 9, 1, 0, s_event with { Priority = (RingsPriority)3 })]),
        ["trace event reserved"] = (AskTrace, [Trace(1, 9, 1, 0, s_event with { Reserved = 1 })]),
    };

    public static TheoryData<string, string> Greetings() => Both(s_greetings.Keys);

    public static TheoryData<string, string> Lies() => Both(s_lies.Keys);

    [Theory, MemberData(nameof(Greetings))]
    public Task A_bad_handshake_is_refused(string engine, string name) => EngineHost.RunAsync(engine, async loop =>
    {
        await using var server = new FakeRingsServer(async s =>
        {
            await s.Receive(16);
            await s.Send(s_greetings[name].Answer);
        });
        var (client, problem) = await RingsClient.ConnectAsync(loop, server.Path);
        Assert.Null(client);
        Assert.Equal(s_greetings[name].Error, problem!.Error);
        Assert.Contains(server.Path, problem.Message, StringComparison.Ordinal);
        Assert.Equal(0, loop.Buffers.RentedBytes);
    });

    [Theory, MemberData(nameof(Lies))]
    public Task A_broken_answer_ends_the_connection(string engine, string name) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.Receive(16);
        await s.Send(s_lies[name].Answer);
        await s.UntilClosed();
    }, async client =>
    {
        Assert.Equal(Errno.EPROTO, await s_lies[name].Call(client));
        Assert.Contains("broke the protocol", client.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EPROTO, await Nop(client));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task A_reply_to_no_request_ends_the_connection(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.Send(Submit(1));
        await s.UntilClosed();
    }, async client =>
    {
        while (client.Problem is null)
            await client.Loop.DelayAsync(1);
        Assert.Equal(Errno.EPROTO, client.Problem.Error);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task A_server_that_leaves_ends_all_that_is_under_way(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.Receive(16 + 16);
        await s.Send(Submit(1), Submit(2)[..7]);
    }, async client =>
    {
        var (running, sent) = (client.Nop(), client.Nop());
        Assert.Equal(Errno.EPIPE, (await running).Error);
        Assert.Equal(Errno.EPIPE, (await sent).Error);
        Assert.Equal(Errno.EPIPE, (await client.Stats()).Error);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task A_server_that_does_not_answer_is_left(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.UntilClosed();
    }, async client => Assert.Equal(Errno.ETIMEDOUT, await Nop(client)), new RingsClientOptions { ReplyTimeoutMs = 30 });

    [Theory, ClassData(typeof(Engines))]
    public Task A_server_that_does_not_shake_hands_is_left(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        await using var server = new FakeRingsServer(async s =>
        {
            await s.Send(Handshake()[..20]);
            await s.UntilClosed();
        });
        var (client, problem) = await RingsClient.ConnectAsync(loop, server.Path, new RingsClientOptions { HandshakeTimeoutMs = 30 });
        Assert.Null(client);
        Assert.Equal(Errno.ETIMEDOUT, problem!.Error);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Nobody_there_is_said(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        Assert.Equal(Errno.ENOENT, (await RingsClient.ConnectAsync(loop, "/nonexistent/rings.sock")).Problem!.Error);
        Assert.Equal(Errno.ENAMETOOLONG, (await RingsClient.ConnectAsync(loop, new string('x', 108))).Problem!.Error);
    });

    private static TheoryData<string, string> Both(IEnumerable<string> names)
    {
        var data = new TheoryData<string, string>();
        foreach (var name in names)
        {
            data.Add("ring", name);
            data.Add("portable", name);
        }

        return data;
    }

    private static async ValueTask<Errno> Nop(RingsClient client) => (await client.Nop()).Error;

    private static async ValueTask<Errno> Stats(RingsClient client) => (await client.Stats()).Error;

    private static async ValueTask<Errno> Read(RingsClient client) => (await client.Read(false, 1, new byte[4])).Error;

    private static async ValueTask<Errno> Buffer(RingsClient client) => (await client.RegisterBuffer(default)).Error;

    private static async ValueTask<Errno> AskTrace(RingsClient client) => (await client.Trace(4, 2, [])).Error;
}
