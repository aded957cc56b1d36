using System.Text;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Client;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;
using Pentode.Tests.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Rings.Client;

/// <summary>The client with the real server: every request, and many of them.</summary>
public sealed class ClientServerTests
{
    private const ulong AnHourNsec = 3_600_000_000_000;

    [Theory, ClassData(typeof(Engines))]
    public Task Sockets_are_handed_over_read_written_polled_and_released(string engine) => Run(engine, async (_, client) =>
    {
        var (a, b) = Sockets.Pair();
        var registered = await client.RegisterDescriptor(a);
        FileCalls.Close(a);
        Assert.Equal(client.Server.DescriptorSlots - 1, registered.Value.Available);
        var id = registered.Value.Resource;
        Assert.Equal(5, (await client.Write(isSocket: true, id, "hello"u8.ToArray())).Value);
        var near = EngineHost.Pinned(16);
        Assert.Equal(5, await client.Loop.ReceiveAsync(b, near));
        Assert.Equal("hello", Encoding.ASCII.GetString(near, 0, 5));
        var far = new byte[10];
        var read = client.Read(isSocket: true, id, far);
        var ticket = new RingsTicket();
        var second = client.Nop(RingsPriority.High, ticket);
        Assert.True((await second).IsOk);
        Assert.Equal(Errno.EBUSY, (await client.Release(id)).Error);
        Assert.Equal(3, await client.Loop.SendAsync(b, near.AsMemory(0, 3)));
        Assert.Equal(3, (await read).Value);
        Assert.Equal("hel", Encoding.ASCII.GetString(far, 0, 3));
        Assert.Equal(4, (await client.Poll(id, 4)).Value);
        Assert.Equal(client.Server.DescriptorSlots, (await client.Release(id)).Value.Available);
        Assert.Equal(Errno.ENOENT, (await client.Release(id)).Error);
        Assert.Equal(Errno.ENOENT, (await client.Read(isSocket: true, id, far)).Error);
        client.Loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Files_are_opened_read_written_and_closed(string engine) => Run(engine, async (host, client) =>
    {
        await File.WriteAllTextAsync(host["file"], "contents");
        var file = (uint)(await client.OpenAt(host["file"], FileCalls.O_RDWR)).Value;
        var data = new byte[16];
        Assert.Equal(8, (await client.Read(isSocket: false, file, data)).Value);
        Assert.Equal("contents", Encoding.ASCII.GetString(data, 0, 8));
        var buffer = (await client.RegisterBuffer("FIXED"u8.ToArray())).Value;
        Assert.Equal(Errno.EAGAIN, (await client.RegisterBuffer(default)).Error);
        Assert.Equal(5, (await client.WriteFixed(file, buffer.Resource, 5)).Value);
        Assert.Equal(Errno.EINVAL, (await client.WriteFixed(file, buffer.Resource, 6)).Error);
        Assert.Equal(7, (await client.ReadFixed(file, buffer.Resource, data.AsMemory(0, 7))).Value);
        Assert.Equal("FIXEDnt", Encoding.ASCII.GetString(data, 0, 7));
        Assert.Equal(1, (await client.Write(isSocket: false, file, "f"u8.ToArray())).Value);
        Assert.Equal(0, (await client.Close(file)).Value);
        Assert.True((await client.Release(buffer.Resource)).IsOk);
        Assert.Equal("fIXEDnts", await File.ReadAllTextAsync(host["file"]));
        Assert.Equal(Errno.ENOENT, (await client.OpenAt(host["none"], 0)).Error);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Connections_are_made_and_accepted(string engine) => Run(engine, async (host, client) =>
    {
        var listener = Sockets.ListenUnix(host["listener"]).Value;
        var socket = Sockets.CreateUnix().Value;
        var listening = (await client.RegisterDescriptor(listener)).Value.Resource;
        var connecting = (await client.RegisterDescriptor(socket)).Value.Resource;
        client.Loop.Close(listener);
        client.Loop.Close(socket);
        var accepted = client.Accept(listening, new byte[128]);
        Assert.Equal(0, (await client.Connect(connecting, Sockets.UnixAddress(host["listener"]))).Value);
        var peer = (await accepted).Value;
        Assert.InRange(peer.AddressLength, 2, 110);
        Assert.Equal(2, (await client.Write(isSocket: true, connecting, "ok"u8.ToArray())).Value);
        var data = new byte[8];
        Assert.Equal(2, (await client.Read(isSocket: true, peer.Resource, data)).Value);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task More_tasks_than_credits_run_are_cancelled_and_counted(string engine) => Run(engine, async (_, client) =>
    {
        Assert.Equal(Errno.ETIME, (await client.Timeout(1_000_000)).Error);
        var tickets = Enumerable.Range(0, 10).Select(_ => new RingsTicket()).ToArray();
        var tasks = tickets.Select(t => client.Timeout(AnHourNsec, RingsPriority.Normal, t).AsTask()).ToArray();
        while (tickets.Count(t => t.TaskId != 0) < client.Server.RingEntries - 1)
            await client.Loop.DelayAsync(1);

        // All credits are taken; a cancel still gets through.
        var cancels = tickets.Reverse().Select(t => client.Cancel(t).AsTask()).ToArray();
        Assert.All(await Task.WhenAll(cancels), r => Assert.Equal(0, r.Value));
        Assert.All(await Task.WhenAll(tasks), r => Assert.Equal(Errno.ECANCELED, r.Error));
        var stats = (await client.Stats()).Value;
        Assert.Equal(0u, stats.OutstandingTasks);
        Assert.Equal(stats.AcceptedSubmits, stats.Completions);
        var events = new List<RingsTraceEvent>();
        var trace = (await client.Trace(0, RingsWire.TraceCapacity, events)).Value;
        Assert.Equal(trace.Count, events.Count);
        Assert.Equal(RingsTraceKind.Completion, events[^1].Event);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Clients_that_share_few_credits_all_get_their_work_done(string engine) => Run(
        engine,
        async (host, client) =>
        {
            const int Each = 2000;
            var (second, problem) = await RingsClient.ConnectAsync(client.Loop, host.Path);
            Assert.Null(problem);
            await using var other = second!;
            var works = Enumerable.Range(0, 32).Select(i => Work(i % 2 == 0 ? client : other)).ToArray();
            await Task.WhenAll(works);
            Assert.Equal(32UL * Each / 16, (await client.Stats()).Value.Completions);

            static async Task Work(RingsClient client)
            {
                for (var i = 0; i < Each / 16; i++)
                    Assert.True((await client.Nop()).IsOk);
            }
        },
        o => o with { PerClientCredits = 2 });

    [Theory, ClassData(typeof(Engines))]
    public Task Large_operations_go_through(string engine) => Run(
        engine,
        async (host, client) =>
        {
            var source = new byte[65535];
            new Random(9).NextBytes(source);
            var target = new byte[65535];
            var file = (uint)(await client.OpenAt(host["large"], FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180)).Value;
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(source.Length, (await client.Write(isSocket: false, file, source)).Value);
                Assert.Equal(source.Length, (await client.Read(isSocket: false, file, target)).Value);
            }

            Assert.Equal(source, target);
            var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.Read(isSocket: false, file, target).AsTask()));
            Assert.All(all, r => Assert.Equal(source.Length, r.Value));
        },
        o => o with { IoBytesMax = 65535, RingEntries = 256 });

    [Theory, ClassData(typeof(Engines))]
    public Task A_client_that_leaves_gives_everything_back(string engine) => Run(engine, async (host, client) =>
    {
        var (gone, _) = await RingsClient.ConnectAsync(client.Loop, host.Path);
        var (a, b) = Sockets.Pair();
        var id = (await gone!.RegisterDescriptor(a)).Value.Resource;
        var ticket = new RingsTicket();
        var task = gone.Read(isSocket: true, id, new byte[4], RingsPriority.Normal, ticket);
        while (ticket.TaskId == 0)
            await client.Loop.DelayAsync(1);
        Assert.Equal(1u, (await client.Stats()).Value.OutstandingTasks);
        await gone.DisposeAsync();
        Assert.Equal(Errno.ESHUTDOWN, (await task).Error);
        while ((await client.Stats()).Value is not { OutstandingTasks: 0, RegisteredFiles: 0, ActiveClients: 1 })
            await client.Loop.DelayAsync(1);
        client.Loop.Close(a);
        client.Loop.Close(b);
    });

    private static Task Run(string engine, Func<RingsHost, RingsClient, Task> body, Func<RingsServerOptions, RingsServerOptions>? with = null)
    {
        Assert.SkipUnless(RingLoop.IsSupported, "this kernel does not let us use io_uring");
        return EngineHost.RunAsync(engine, async loop =>
        {
            using var host = new RingsHost(with);
            var (client, problem) = await RingsClient.ConnectAsync(loop, host.Path);
            Assert.Null(problem);
            await using (client!)
                await body(host, client!);
        });
    }
}
