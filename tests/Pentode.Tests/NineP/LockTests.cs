using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Host;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Byte-range locks between fids, sessions and exports.</summary>
public sealed class LockTests
{
    private const byte Read = 0, Write = 1, Unlock = 2;
    private const uint Block = 1;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_clunk_gives_back_what_came_through_its_fid_and_no_more(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        c.Create(1, "f");
        c.Open(2, "f");
        using var other = host.Ready();
        other.Open(1, "f");
        Assert.Equal(0, c.Lock(1, Write, 0, 10, 7));
        Assert.Equal(0, c.Lock(2, Write, 20, 10, 7));
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 2 }));
        Assert.Equal(1, other.Lock(1, Read, 0, 1, 7));
        Assert.Equal(0, other.Lock(1, Read, 20, 10, 7));

        // The owner gives back through any of its fids, as a close in its process does.
        c.Open(2, "f");
        Assert.Equal(0, c.Lock(2, Unlock, 0, 0, 7));
        Assert.Equal(0, other.Lock(1, Write, 0, 0, 7));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Sessions_processes_and_clients_exclude_each_other_by_range(string engine)
    {
        await using var host = new ServerHost(engine);
        using var a = host.Ready();
        using var b = host.Ready();
        a.Create(1, "f");
        b.Open(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 100, 1));
        Assert.Equal(0, a.Lock(1, Write, 50, 10, 1));
        Assert.Equal(1, a.Lock(1, Write, 99, 1, 2));
        Assert.Equal(0, a.Lock(1, Write, 100, 100, 2));
        Assert.Equal(1, b.Lock(1, Read, 0, 1, 1));
        Assert.Equal(0, b.Lock(1, Write, 200, 0, 1));
        Assert.Equal(0, a.Lock(1, Unlock, 40, 20, 1));
        Assert.Equal(0, b.Lock(1, Read, 40, 20, 1));
        Assert.Equal(1, b.Lock(1, Read, 39, 1, 1));
        Assert.Equal(0, a.Lock(1, Read, 40, 20, 3));

        // Linux asks with type Unlock and means Write.
        var (_, body) = b.Call(new Tgetlock { Fid = 1, Kind = Unlock, Start = 60, Length = 1, ProcId = 1, ClientId = "c"u8 });
        Assert.True(Rgetlock.TryRead(body, out var m));
        Assert.Equal((Write, 60ul, 40ul, 1u), (m.Kind, m.Start, m.Length, m.ProcId));
        (_, body) = b.Call(new Tgetlock { Fid = 1, Kind = Read, Start = 40, Length = 20, ProcId = 1, ClientId = "c"u8 });
        Assert.True(Rgetlock.TryRead(body, out m) && m.Kind == Unlock);
        Assert.Equal(Errno.EINVAL, a.Error(new Tlock { Fid = 1, Kind = 3, ClientId = "c"u8 }));
        Assert.Equal(Errno.EINVAL, a.Error(new Tlock { Fid = 1, Kind = Write, Start = 1ul << 63, ClientId = "c"u8 }));
        Assert.Equal(Errno.EBADF, a.Error(new Tlock { Fid = 0, Kind = Write, ClientId = "c"u8 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_blocking_lock_is_granted_when_the_holder_goes(string engine)
    {
        await using var host = new ServerHost(engine);
        using var b = host.Ready();
        using (var a = host.Ready())
        {
            a.Create(1, "f");
            Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
            b.Open(1, "f");
            b.Send(RawClient.Frame(9, Wait()));
            ServerHost.Until(() => host.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
        }

        var frame = b.Receive()!;
        Assert.Equal((P9Type.Rlock, 9, 0), ((P9Type)frame[4], frame[5], frame[7]));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_blocking_lock_is_answered_blocked_in_time(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { LockHoldMs = 100 });
        using var a = host.Ready();
        using var b = host.Ready();
        a.Create(1, "f");
        b.Open(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        Assert.Equal(1, b.Lock(1, Write, 0, 0, 1, Block));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_waiting_lock_ends_with_its_fid(string engine)
    {
        await using var host = new ServerHost(engine);
        using var a = host.Ready();
        using var b = host.Ready();
        a.Create(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        foreach (var isRemove in (bool[])[false, true])
        {
            b.Open(1, "f");
            b.Send(RawClient.Frame(9, Wait()));
            b.Send(isRemove ? RawClient.Frame(10, new Tremove { Fid = 1 }) : RawClient.Frame(10, new Tclunk { Fid = 1 }));
            var first = b.Receive()!;
            var second = b.Receive()!;
            Assert.Equal((P9Type.Rlerror, 9, (byte)Errno.EINTR), ((P9Type)first[4], first[5], first[7]));
            Assert.Equal((isRemove ? P9Type.Rremove : P9Type.Rclunk, 10), ((P9Type)second[4], second[5]));
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_flush_drops_a_waiting_lock(string engine)
    {
        await using var host = new ServerHost(engine);
        using var a = host.Ready();
        using var b = host.Ready();
        a.Create(1, "f");
        b.Open(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        b.Send([.. RawClient.Frame(7, Wait()), .. RawClient.Frame(8, new Tflush { Oldtag = 7 })]);
        var frame = b.Receive()!;
        Assert.Equal((P9Type.Rflush, 8), ((P9Type)frame[4], frame[5]));
        Assert.Equal(0, a.Lock(1, Unlock, 0, 0, 1));
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        Assert.Equal(Errno.None, b.Error(new Tgetattr { Fid = 1 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_drain_answers_those_who_wait(string engine)
    {
        var host = new ServerHost(engine);
        using var a = host.Ready();
        using var b = host.Ready();
        a.Create(1, "f");
        b.Open(1, "f");
        Assert.Equal(0, a.Lock(1, Write, 0, 0, 1));
        b.Send(RawClient.Frame(9, Wait()));
        ServerHost.Until(() => host.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
        await host.DisposeAsync();
        var frame = b.Receive()!;

        // Blocked, or granted when the holder was closed first.
        Assert.Equal((P9Type.Rlock, 9), ((P9Type)frame[4], frame[5]));
        Assert.Null(b.Receive());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Exports_of_one_directory_and_the_host_see_each_others_locks(string engine)
    {
        using var files = new TemporaryDirectory();
        var second = new Volume("/second", HostTree.Open(files.Path, new HostTreeOptions()).Value);
        await using (var host = new ServerHost(engine, new NinePServerOptions(), HostTree.Open(files.Path, new HostTreeOptions()).Value, new NinePExport("/second", second)))
        {
            using var a = host.Ready("/export");
            using var b = host.Ready("/second");
            a.Create(1, "f");
            b.Open(1, "f");
            Assert.Equal(0, a.Lock(1, Write, 0, 10, 1));
            Assert.Equal(1, b.Lock(1, Write, 5, 1, 1));
            Assert.Equal(0, b.Lock(1, Write, 10, 5, 1));
            var (_, body) = b.Call(new Tgetlock { Fid = 1, Kind = Write, Start = 0, Length = 0, ProcId = 1, ClientId = "c"u8 });
            Assert.True(Rgetlock.TryRead(body, out var m));
            Assert.Equal((Write, 0ul, 10ul), (m.Kind, m.Start, m.Length));

            Assert.Equal(0, b.Lock(1, Unlock, 0, 0, 1));

            // A waiter hears of a release elsewhere.
            b.Send(RawClient.Frame(9, Wait()));
            ServerHost.Until(() => host.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
            Assert.Equal(Errno.None, a.Error(new Tclunk { Fid = 1 }));
            var frame = b.Receive()!;
            Assert.Equal((P9Type.Rlock, 0), ((P9Type)frame[4], frame[7]));
        }

        await second.DisposeAsync();
    }

    private static Tlock Wait() => new() { Fid = 1, Kind = Write, Flags = Block, ProcId = 2, ClientId = "w"u8 };
}
