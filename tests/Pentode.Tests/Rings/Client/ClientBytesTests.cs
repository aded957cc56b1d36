using System.Text;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Client;
using Pentode.Rings.Wire;
using Pentode.Tests.Uring;
using static Pentode.Tests.Rings.Client.FakeRingsServer;

namespace Pentode.Tests.Rings.Client;

/// <summary>Every request byte by byte, and what the client makes of the answer.</summary>
public sealed class ClientBytesTests
{
    private const string Prefix = "49 4F 44 31 01 00 0C 00 ";

    private static readonly byte[] s_target = new byte[5];

    // What is called, the bytes it sends, the server's answer and what the call gives.
    private static readonly Dictionary<string, (Func<RingsClient, Task<object>> Call, string Bytes, byte[][] Answer, object Value)> s_calls = new()
    {
        ["nop"] = (async c => (await c.Nop()).Value, "01 00 00 00 00 00 00 00", [Submit(1), End(1, RingsKind.Nop)], 0),
        ["nop, high"] = (async c => (await c.Nop(RingsPriority.High)).Value, "01 00 02 00 00 00 00 00", [Submit(1), End(1, RingsKind.Nop)], 0),
        ["timeout"] = (async c => (await c.Timeout(0x0102030405060708)).Error, "02 00 00 00 00 00 00 00 08 07 06 05 04 03 02 01", [Submit(1), End(1, RingsKind.Timeout, -62)], Errno.ETIME),
        ["cancel"] = (async c => (await c.Cancel(0x77)).Error, "03 00 00 00 00 00 00 00 77 00 00 00 00 00 00 00", [Submit(1), End(1, RingsKind.Cancel, -2)], Errno.ENOENT),
        ["sock_read"] = (async c => (await c.Read(true, 9, s_target)).Value, "04 00 00 00 00 00 00 00 09 00 00 00 05 00 00 00", [Submit(1), End(1, RingsKind.SockRead, 3, [1, 2, 3])], 3),
        ["sock_write"] = (async c => (await c.Write(true, 9, "abc"u8.ToArray())).Value, "05 00 00 00 00 00 00 00 09 00 00 00 03 00 00 00 61 62 63", [Submit(1), End(1, RingsKind.SockWrite, 2)], 2),
        ["sock_read_fixed"] = (async c => (await c.ReadFixed(9, 4, s_target)).Value, "06 00 00 00 00 00 00 00 09 00 00 00 04 00 00 00 05 00 00 00", [Submit(1), End(1, RingsKind.SockReadFixed, 5, [1, 2, 3, 4, 5])], 5),
        ["sock_write_fixed"] = (async c => (await c.WriteFixed(9, 4, 7)).Value, "07 00 00 00 00 00 00 00 09 00 00 00 04 00 00 00 07 00 00 00", [Submit(1), End(1, RingsKind.SockWriteFixed, 7)], 7),
        ["file_read, low"] = (async c => (await c.Read(false, 1, s_target, RingsPriority.Low)).Value, "08 00 01 00 00 00 00 00 01 00 00 00 05 00 00 00", [Submit(1), End(1, RingsKind.FileRead)], 0),
        ["file_write"] = (async c => (await c.Write(false, 2, "x"u8.ToArray())).Error, "09 00 00 00 00 00 00 00 02 00 00 00 01 00 00 00 78", [Submit(1), End(1, RingsKind.FileWrite, -28)], Errno.ENOSPC),
        ["poll"] = (async c => (await c.Poll(3, 0x2005)).Value, "0A 00 00 00 00 00 00 00 03 00 00 00 05 20 00 00", [Submit(1), End(1, RingsKind.Poll, 4)], 4),
        ["connect"] = (async c => (await c.Connect(3, new byte[] { 1, 0, 65, 0 })).Value, "0B 00 00 00 00 00 00 00 03 00 00 00 04 00 00 00 01 00 41 00", [Submit(1), End(1, RingsKind.Connect)], 0),
        ["accept"] = (async c => (await c.Accept(3, s_target)).Value, "0C 00 00 00 00 00 00 00 03 00 00 00 05 00 00 00", [Submit(1), End(1, RingsKind.Accept, 8, [1, 0])], new AcceptedSocket(8, 2)),
        ["accept without address"] = (async c => (await c.Accept(3)).Value, "0C 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00", [Submit(1), End(1, RingsKind.Accept, 8)], new AcceptedSocket(8, 0)),
        ["openat"] = (async c => (await c.OpenAt("/é", 0x80241, 0x1A4)).Value, "0D 00 00 00 00 00 00 00 41 02 08 00 A4 01 00 00 04 00 00 00 2F C3 A9 00", [Submit(1), End(1, RingsKind.OpenAt, 6)], 6),
        ["close"] = (async c => (await c.Close(6)).Value, "0E 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00", [Submit(1), End(1, RingsKind.Close)], 0),
        ["register_fd"] = (async c => (await c.RegisterDescriptor(0)).Value, "00 01 00 00 00 00 00 00", [Resource(1, 0, 31)], new RegisteredResource(1, 31)),
        ["release_resource"] = (async c => (await c.Release(7)).Error, "01 01 00 00 00 00 00 00 07 00 00 00 00 00 00 00", [Resource(0, -16, 30)], Errno.EBUSY),
        ["register_buffer"] = (async c => (await c.RegisterBuffer("hi"u8.ToArray())).Value, "02 01 00 00 00 00 00 00 02 00 00 00 00 00 00 00 68 69", [Resource(2, 0, 0)], new RegisteredResource(2, 0)),
        ["get_stats"] = (async c => (await c.Stats()).Value, "03 01 00 00 00 00 00 00", [Hex("01000000 00000000 00000000 03000000 02000000 01000000 0500000000000000 0600000000000000 0700000000000000 03000000 00000000")], new RingsStats { ActiveClients = 1, AvailableCredits = 3, RegisteredFiles = 2, RegisteredBuffers = 1, AcceptedSubmits = 5, RejectedSubmits = 6, Completions = 7, PerClientCreditLimit = 3 }),
        ["get_trace"] = (async c => (await c.Trace(4, 10, [])).Value, "04 01 00 00 00 00 00 00 04 00 00 00 00 00 00 00 0A 00 00 00 00 00 00 00", [Trace(1, 6, 1, 0, new RingsTraceEvent { Sequence = 5, Event = RingsTraceKind.Completion, Kind = RingsKind.Nop })], new RingsTrace(1, 6, 1)),
    };

    public static TheoryData<string, string> Calls()
    {
        var data = new TheoryData<string, string>();
        foreach (var name in s_calls.Keys)
        {
            data.Add("ring", name);
            data.Add("portable", name);
        }

        return data;
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task A_request_has_the_bytes_of_the_protocol(string engine, string name)
    {
        var (call, bytes, answer, value) = s_calls[name];
        var expected = Convert.ToHexString(Hex(Prefix + bytes));
        var sent = "";
        await RingsClientFixture.RunAsync(engine, async s =>
        {
            await s.Open();
            sent = Convert.ToHexString(await s.Receive(expected.Length / 2));
            await s.Send(answer);
            await s.UntilClosed();
        }, async client => Assert.Equal(value, await call(client)));
        Assert.Equal(expected, sent);
    }

    [Theory, ClassData(typeof(Engines))]
    public Task Answers_cut_at_every_byte_are_put_together(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.Receive(24 + 16 + 16);
        var events = Enumerable.Range(1, 3).Select(i => new RingsTraceEvent { Sequence = (ulong)i, Event = RingsTraceKind.SubmitAccept, Kind = RingsKind.Nop }).ToArray();
        byte[][] records = [Submit(10), Resource(1), End(10, RingsKind.FileRead, 5, "hello"u8.ToArray()), Trace(1, 3, 3, 0, events)];
        foreach (var one in records.SelectMany(r => r))
            await s.Send([one]);
        await s.UntilClosed();
    }, async client =>
    {
        var target = new byte[5];
        var events = new List<RingsTraceEvent>();
        var (read, buffer) = (client.Read(false, 1, target), default(ValueTask<Result<RegisteredResource>>));
        await client.Loop.DelayAsync(20);
        buffer = client.RegisterBuffer(default);
        var trace = client.Trace(0, 3, events);
        Assert.Equal(5, (await read).Value);
        Assert.Equal("hello", Encoding.ASCII.GetString(target));
        Assert.Equal(1u, (await buffer).Value.Resource);
        Assert.Equal(3, (await trace).Value.Count);
        Assert.Equal([1, 2, 3], events.Select(e => (int)e.Sequence));
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Arguments_that_cannot_be_right_are_not_sent(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        Assert.Equal("0100", Convert.ToHexString((await s.Receive(16)).AsSpan(8, 2)));
        await s.Send(Submit(1), End(1, RingsKind.Nop));
        await s.UntilClosed();
    }, async client =>
    {
        Assert.Equal(Errno.EINVAL, (await client.Read(true, 0, new byte[1])).Error);
        Assert.Equal(Errno.EINVAL, (await client.Read(true, 1, Memory<byte>.Empty)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Read(true, 1, new byte[4097])).Error);
        Assert.Equal(Errno.EINVAL, (await client.Write(false, 1, new byte[4097])).Error);
        Assert.Equal(Errno.EINVAL, (await client.WriteFixed(1, 0, 1)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Poll(1, 0)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Connect(1, ReadOnlyMemory<byte>.Empty)).Error);
        Assert.Equal(Errno.EINVAL, (await client.OpenAt("", 0)).Error);
        Assert.Equal(Errno.EINVAL, (await client.OpenAt("a\0b", 0)).Error);
        Assert.Equal(Errno.ENAMETOOLONG, (await client.OpenAt(new string('x', 4092), 0)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Close(0)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Cancel(0)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Cancel(ulong.MaxValue)).Error);
        Assert.Equal(Errno.EINVAL, (await client.RegisterDescriptor(-1)).Error);
        Assert.Equal(Errno.EINVAL, (await client.RegisterBuffer(new byte[4097])).Error);
        Assert.Equal(Errno.EINVAL, (await client.Release(0)).Error);
        Assert.Equal(Errno.EINVAL, (await client.Trace(0, 257, [])).Error);
        Assert.Equal(Errno.EINVAL, (await client.Nop((RingsPriority)3)).Error);
        Assert.Equal(Errno.EBADF, (await client.RegisterDescriptor(999_999)).Error);
        Assert.True((await client.Nop()).IsOk);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task A_descriptor_arrives_with_the_first_byte_of_its_request(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();

        // The two stats requests in front travel without it, whatever the client gathers into one send.
        await s.Receive(32);
        Assert.True(s.Socket.Poll(5_000_000, System.Net.Sockets.SelectMode.SelectRead));
        var (count, data, descriptor) = ReceiveDescriptor((int)s.Socket.Handle);
        Assert.Equal(1, count);
        Assert.Equal("0001", Convert.ToHexString(data.AsSpan(8, 2)));
        Assert.Equal(1, FileCalls.Write(descriptor, "!"u8));
        FileCalls.Close(descriptor);
        var stats = new byte[56];
        await s.Send(stats, stats, Resource(1));
        await s.UntilClosed();
    }, async client =>
    {
        var (a, b) = Sockets.Pair();
        var first = client.Stats();
        var second = client.Stats();
        var registered = client.RegisterDescriptor(a);
        Assert.True((await first).IsOk);
        Assert.True((await second).IsOk);
        Assert.Equal(1u, (await registered).Value.Resource);
        FileCalls.Close(a);
        var one = EngineHost.Pinned(1);
        Assert.Equal(1, await client.Loop.ReceiveAsync(b, one));
        Assert.Equal((byte)'!', one[0]);
        client.Loop.Close(b);
    });

    private static unsafe (int Count, byte[] Data, int Descriptor) ReceiveDescriptor(int socket)
    {
        var data = new byte[64];
        Span<int> descriptors = stackalloc int[DescriptorReceiving.Room];
        fixed (byte* p = data)
        {
            var got = DescriptorReceiving.Receive(socket, p, data.Length, descriptors, out var count, out var isSound);
            Assert.Equal(16, got);
            Assert.True(isSound);
            return (count, data, descriptors[0]);
        }
    }
}
