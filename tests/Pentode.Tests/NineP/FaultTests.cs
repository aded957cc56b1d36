using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Files.Memory;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Backends that throw, wait or answer from other threads. That nothing stays held is checked when the host goes.</summary>
public sealed class FaultTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task An_exception_is_an_error_of_its_request_only(string engine)
    {
        var fails = "";
        var isLate = false;
        var tree = new HookedTree(new MemoryTree(), async name =>
        {
            if (name != fails)
                return;
            if (isLate)
                await Task.Yield();
            throw new InvalidOperationException("thrown by a test");
        });
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxInFlightBytes = 1 << 20 }, tree);
        using var c = host.Ready();
        c.Create(1, "f");
        c.Walk(0, 2);
        c.Error(new Tlopen { Fid = 2 });
        var thrown = 0;
        for (var round = 0; round < 2; round++)
        {
            isLate = round == 1;
            Fails("Read", () => c.Error(new Tread { Fid = 1, Count = 60000 }));
            Fails("Write", () => c.Error(new Twrite { Fid = 1, Data = new byte[30000] }));
            Fails("Write", () => c.Error(new Twrite { Fid = 1, Data = new byte[10] }));
            Fails("ReadDirectory", () => c.Error(new Treaddir { Fid = 2, Count = 60000 }));
            Fails("GetAttributes", () => c.Error(new Tgetattr { Fid = 1 }));
            Fails("Lookup", () => c.Error(new Twalk { Fid = 0, Newfid = 3, Count = 1, Names = [1, 0, (byte)'f'] }));
            Fails("Lookup", () => c.Error(new Tattach { Fid = 3, Afid = P9Limits.NoFid, Aname = "/export/f"u8, NUname = 0 }));
            Fails("Create", () => c.Error(new Tlcreate { Fid = 0, Name = "g"u8, Flags = 2 }));
            c.Walk(0, 4, "f");
            Fails("Open", () => c.Error(new Tlopen { Fid = 4 }));
            Assert.Equal(Errno.None, c.Error(new Tlopen { Fid = 4 }));
            Fails("Close", () => c.Error(new Tclunk { Fid = 4 }));
            Assert.Equal(Errno.EBADF, c.Error(new Tclunk { Fid = 4 }));
            c.Walk(0, 4, "f");
            Fails("RemoveSelf", () => c.Error(new Tremove { Fid = 4 }));
            Assert.Equal(Errno.EBADF, c.Error(new Tclunk { Fid = 4 }));
        }

        // A megabyte may be held: a leak of any of these would stop the connection.
        fails = "Read";
        for (var i = 0; i < 40; i++)
            Assert.Equal(Errno.EIO, c.Error(new Tread { Fid = 1, Count = 60000 }));
        fails = "";
        Assert.Equal(Errno.None, c.Error(new Tread { Fid = 1, Count = 60000 }));
        Assert.Equal(thrown + 40, host.Log.Count("thrown by a test"));
        Assert.Equal(0, host.Server.Sessions[0].InFlight);

        void Fails(string name, Func<Errno> request)
        {
            fails = name;
            Assert.Equal((name, Errno.EIO), (name, request()));
            fails = "";
            thrown++;
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_fault_in_the_handshake_timer_ends_its_connection_only(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { HandshakeTimeoutMs = 50 });
        host.Log.Breaks = "no version within";
        using var neighbour = host.Ready();
        using (var silent = host.Connect())
            Assert.Null(silent.Receive());
        ServerHost.Until(() => host.Server.Sessions.Count == 1, "the end of the silent one");
        Assert.Equal(Errno.None, neighbour.Error(new Tgetattr { Fid = 0 }));
        Assert.Equal("thrown by a log", Assert.Single(host.Faults).Message);
        host.Faults.Clear();
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Backends_may_complete_on_any_thread(string engine)
    {
        var tree = new HookedTree(new MemoryTree(), static async _ => await Task.Yield());
        await using var host = new ServerHost(engine, tree: tree);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() =>
        {
            using var c = host.Ready();
            c.Create(1, $"f{n}");
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(Errno.None, c.Error(new Twrite { Fid = 1, Data = BitConverter.GetBytes(i) }));
                var (_, body) = c.Call(new Tread { Fid = 1, Count = 4 });
                Assert.Equal(i, BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(4)));
                Assert.Equal(Errno.None, c.Walk(0, 2, $"f{n}"));
                Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 2 }));
            }
        })));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_flush_of_a_read_under_way_is_answered_after_it(string engine)
    {
        var gate = new TaskCompletionSource();
        await using var host = new ServerHost(engine, tree: new HookedTree(new MemoryTree(), n => n == "Read" ? new ValueTask(gate.Task) : default));
        using var c = host.Ready();
        c.Create(1, "f");
        c.Send([.. RawClient.Frame(7, new Tread { Fid = 1, Count = 10 }), .. RawClient.Frame(8, new Tflush { Oldtag = 7 }), .. RawClient.Frame(9, new Tflush { Oldtag = 7 })]);
        Assert.Equal(Errno.None, c.Error(new Tgetattr { Fid = 0 }));
        gate.SetResult();
        Assert.Equal([P9Type.Rread, P9Type.Rflush, P9Type.Rflush], Enumerable.Range(0, 3).Select(_ => (P9Type)c.Receive()![4]));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_tag_in_use_ends_the_connection(string engine)
    {
        var gate = new TaskCompletionSource();
        await using var host = new ServerHost(engine, tree: new HookedTree(new MemoryTree(), n => n == "Read" ? new ValueTask(gate.Task) : default));
        using var c = host.Ready();
        c.Create(1, "f");
        c.Send([.. RawClient.Frame(7, new Tread { Fid = 1, Count = 10 }), .. RawClient.Frame(7, new Tgetattr { Fid = 0 })]);
        ServerHost.Until(() => host.Log.Count("tag, in use") == 1, "the refusal");
        gate.SetResult();
        Assert.Null(c.Receive());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_fid_clunked_under_a_request_stays_with_it(string engine)
    {
        var gate = new TaskCompletionSource();
        var reads = 0;
        await using var host = new ServerHost(engine, tree: new HookedTree(new MemoryTree(), n => n == "Read" && reads++ == 0 ? new ValueTask(gate.Task) : default));
        using var c = host.Ready();
        c.Create(1, "f");
        c.Call(new Twrite { Fid = 1, Data = "content"u8 });
        c.Send(RawClient.Frame(7, new Tread { Fid = 1, Count = 10 }));

        // The number goes at once and is used again, also for an attribute; the read still means the file.
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        Assert.Equal(Errno.None, c.Walk(0, 1));
        Assert.Equal(Errno.None, c.Error(new Txattrcreate { Fid = 1, Name = "user.a"u8, AttrSize = 1 }));
        gate.SetResult();
        var frame = c.Receive()!;
        Assert.Equal("content"u8.ToArray(), frame[11..]);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Making_an_attribute_leaves_requests_on_the_file_alone(string engine)
    {
        var gate = new TaskCompletionSource();
        await using var host = new ServerHost(engine, tree: new HookedTree(new MemoryTree(), n => n == "GetAttributes" ? new ValueTask(gate.Task) : default));
        using var c = host.Ready();
        c.Create(2, "f");
        c.Walk(0, 1, "f");
        c.Send(RawClient.Frame(7, new Tgetattr { Fid = 1 }));
        Assert.Equal(Errno.None, c.Error(new Txattrcreate { Fid = 1, Name = "user.a"u8, AttrSize = 1 }));
        Assert.Equal(Errno.None, c.Error(new Twrite { Fid = 1, Data = "v"u8 }));
        gate.SetResult();
        Assert.Equal((byte)P9Type.Rgetattr, c.Receive()![4]);
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        var (type, _) = c.Call(new Txattrwalk { Fid = 0, Newfid = 5, Name = ""u8 });
        Assert.Equal(P9Type.Rxattrwalk, type);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_drain_answers_what_is_under_way_and_closes(string engine)
    {
        var gate = new TaskCompletionSource();
        var host = new ServerHost(engine, tree: new HookedTree(new MemoryTree(), n => n == "Read" ? new ValueTask(gate.Task) : default));
        using var c = host.Ready();
        using var idle = host.Connect();
        c.Create(1, "f");
        c.Send(RawClient.Frame(7, new Tread { Fid = 1, Count = 10 }));
        ServerHost.Until(() => host.Server.Sessions.Any(s => s.InFlight == 1), "the read");
        var end = host.DisposeAsync();
        Assert.Null(idle.Receive());
        gate.SetResult();
        Assert.Equal((byte)P9Type.Rread, c.Receive()![4]);
        Assert.Null(c.Receive());
        await end;
    }
}
