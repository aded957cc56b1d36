using System.Buffers.Binary;
using Pentode.Core;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Versions, deadlines, limits, malformed frames, flush and the end of sessions.</summary>
public sealed class SessionTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_client_that_says_nothing_is_closed_at_the_deadline(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { HandshakeTimeoutMs = 50 });
        using var silent = host.Connect();
        using var slow = host.Connect();
        slow.Send([19, 0, 0, 0, 100]);
        Assert.Null(silent.Receive());
        Assert.Null(slow.Receive());
        Assert.Equal(2, host.Log.Count("no version within 50 ms"));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task The_deadline_runs_again_after_a_version_that_is_refused(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { HandshakeTimeoutMs = 1500 });

        // A good version, a bad one and a good one in one piece: the last counts.
        using var turns = host.Connect();
        turns.Send([.. Version("9P2000.L"), .. Version("x"), .. Version("9P2000.L")]);
        for (var i = 0; i < 3; i++)
            Assert.Equal((byte)P9Type.Rversion, turns.Receive()![4]);

        using var unknown = host.Ready();
        var (type, body) = unknown.Call(new Tversion { Msize = 65536, Version = "9P2000.u"u8 }, P9Limits.NoTag);
        Assert.Equal(P9Type.Rversion, type);
        Assert.True(Rversion.TryRead(body, out var m) && m.Version.SequenceEqual("unknown"u8));
        using var tiny = host.Ready();
        Assert.Equal(Errno.EMSGSIZE, tiny.Error(new Tversion { Msize = 4095, Version = "9P2000.L"u8 }));
        Assert.Null(unknown.Receive());
        Assert.Null(tiny.Receive());
        Assert.Equal(Errno.None, turns.Error(new Tattach { Fid = 0, Afid = P9Limits.NoFid, NUname = 0 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_version_starts_a_new_session(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxMsize = 32768 });
        using var c = host.Ready();
        c.Create(1, "f");
        c.Lock(1, 1, 0, 0, 1);
        var (_, body) = c.Call(new Tversion { Msize = 1 << 30, Version = "9P2000.L"u8 }, P9Limits.NoTag);
        Assert.True(Rversion.TryRead(body, out var m) && m.Msize == 32768);
        Assert.Equal(Errno.EBADF, c.Error(new Tgetattr { Fid = 0 }));
        using var other = host.Ready();
        other.Open(1, "f");
        Assert.Equal(0, other.Lock(1, 1, 0, 0, 2));
    }

    public static TheoryData<string, string, byte[]> Malformed()
    {
        var data = new TheoryData<string, string, byte[]>();
        foreach (var engine in (string[])["ring", "portable"])
        {
            data.Add(engine, "frame of 0 bytes", [0, 0, 0, 0, 120, 1, 0]);
            data.Add(engine, "frame of 6 bytes", [6, 0, 0, 0, 120, 1]);
            data.Add(engine, "frame beyond msize", [1, 0, 1, 0, 118, 1, 0]);
            data.Add(engine, "frame of 4 GiB", [255, 255, 255, 255, 118, 1, 0]);
            data.Add(engine, "short body", [10, 0, 0, 0, 120, 1, 0, 0, 0, 0]);
            data.Add(engine, "trailing byte", [12, 0, 0, 0, 120, 1, 0, 0, 0, 0, 0, 9]);
            data.Add(engine, "count overflow", [.. RawClient.Frame(1, new Twrite { Fid = 1, Data = "abcd"u8 })[..19], 255, 255, 255, 255, 1, 2, 3, 4]);
            data.Add(engine, "17 names", [23, 0, 0, 0, 110, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 17, 0, 1, 0, 97, 1, 0, 97]);
            data.Add(engine, "short flush", [8, 0, 0, 0, 108, 1, 0, 0]);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_frame_ends_its_connection_and_is_told_once(string engine, string what, byte[] frame)
    {
        await using var host = new ServerHost(engine);
        using var bystander = host.Ready();
        using var c = host.Ready();
        c.Send([.. frame, .. frame]);
        Assert.True(c.Receive() is null, what);
        Assert.Equal(1, host.Metric("pentode.9p.malformed"));
        Assert.Equal(1, host.Log.Count("malformed"));
        Assert.Equal(Errno.None, bystander.Error(new Tgetattr { Fid = 0 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_request_before_the_version_closes(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Connect();
        c.Send(RawClient.Frame(1, new Tgetattr()));
        Assert.Null(c.Receive());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Types_that_are_not_served_are_refused_and_do_no_harm(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        var known = Enum.GetValues<P9Type>().Select(t => (byte)t).ToHashSet();
        for (var type = 0; type < 256; type++)
        {
            if (known.Contains((byte)type) && type % 2 == 0 && type is not (6 or 106))
                continue;
            c.Send([7, 0, 0, 0, (byte)type, 1, 0]);
            var frame = c.Receive()!;
            Assert.Equal((byte)P9Type.Rlerror, frame[4]);
            Assert.Equal((uint)Errno.EOPNOTSUPP, BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(7)));
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Fids_have_a_limit(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxFids = 10 });
        using var c = host.Ready();
        for (uint i = 1; i < 10; i++)
            Assert.Equal(Errno.None, c.Walk(0, i));
        Assert.Equal(Errno.EMFILE, c.Walk(0, 10));
        Assert.Equal(Errno.EMFILE, c.Error(new Txattrwalk { Fid = 0, Newfid = 10 }));
        Assert.Equal(Errno.EMFILE, c.Error(new Tattach { Fid = 10, Afid = P9Limits.NoFid, NUname = 0 }));
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        Assert.Equal(Errno.None, c.Walk(0, 10));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Connections_have_a_limit(string engine)
    {
        await using var host = new ServerHost(engine, new NinePServerOptions { MaxConnections = 2 });
        using var a = host.Ready();
        using var b = host.Ready();
        using var c = host.Connect();
        Assert.Null(c.Receive());
        Assert.Equal(1, host.Log.Count("refused"));
        Assert.Equal(Errno.None, a.Error(new Tgetattr { Fid = 0 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Requests_in_one_piece_are_answered_in_order(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        var all = new List<byte>();
        for (ushort i = 0; i < 500; i++)
            all.AddRange(RawClient.Frame(i, new Tgetattr { Fid = 0, RequestMask = 0x7FF }));
        c.Send([.. all]);
        for (var i = 0; i < 500; i++)
        {
            var frame = c.Receive()!;
            Assert.Equal((byte)P9Type.Rgetattr, frame[4]);
            Assert.Equal(i, BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(5)));
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_flush_of_nothing_is_answered(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        Assert.Equal(P9Type.Rflush, c.Call(new Tflush { Oldtag = 99 }, 5).Type);
        Assert.Equal(P9Type.Rflush, c.Call(new Tflush { Oldtag = 5 }, 5).Type);
    }

    private static byte[] Version(string version) =>
        RawClient.Frame(P9Limits.NoTag, new Tversion { Msize = 65536, Version = System.Text.Encoding.ASCII.GetBytes(version) });
}
