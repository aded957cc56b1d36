using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Linux;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>The server over a socket pair and a tree in memory.</summary>
public sealed class ServerTests : IAsyncLifetime
{
    private readonly IoLoop _loop = LoopFactory.Create("auto", new LoopOptions());
    private readonly NinePServer _server = new([new NinePExport("/export", new Volume("t", new MemoryTree()))], new NinePServerOptions { LockHoldMs = 150 });

    public ValueTask InitializeAsync()
    {
        _loop.Start();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DrainAsync(TimeSpan.FromMilliseconds(500));
        await _loop.StopAsync();
    }

    [Fact]
    public void Unknown_version_is_answered_unknown()
    {
        using var c = Connect();
        var (type, body) = c.Call(new Tversion { Msize = 65536, Version = "9P2000.u"u8 }, P9Limits.NoTag);
        Assert.Equal(P9Type.Rversion, type);
        Assert.True(Rversion.TryRead(body, out var m) && m.Version.SequenceEqual("unknown"u8));
    }

    [Fact]
    public void A_request_before_the_version_closes()
    {
        using var c = Connect();
        c.Send(RawClient.Frame(1, new Tgetattr()));
        Assert.Null(c.Receive());
    }

    [Fact]
    public void Create_write_read_back_and_stat()
    {
        using var c = Ready();
        Assert.Equal(Errno.None, c.Error(new Twalk { Fid = 0, Newfid = 1 }));
        Assert.Equal(Errno.None, c.Error(new Tlcreate { Fid = 1, Name = "file"u8, Flags = 2, Mode = 0x1A4 }));
        var data = new byte[40000];
        new Random(1).NextBytes(data);
        Assert.Equal(P9Type.Rwrite, c.Call(new Twrite { Fid = 1, Data = data }).Type);
        var (_, body) = c.Call(new Tread { Fid = 1, Count = 50000 });
        Assert.True(Rread.TryRead(body, out var read));
        Assert.True(read.Data.SequenceEqual(data));
        (_, body) = c.Call(new Tgetattr { Fid = 1, RequestMask = 0x3FFF });
        Assert.True(Rgetattr.TryRead(body, out var attributes));
        Assert.Equal(40000ul, attributes.Length);
        Assert.Equal(0x7FFul, attributes.Valid & 0x7FF);
        Assert.Equal(0x81A4u, attributes.Mode);
        Assert.Equal(Errno.EINVAL, c.Error(new Tlopen { Fid = 1 }));
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tclunk { Fid = 1 }));
    }

    [Fact]
    public void A_partial_walk_makes_no_fid()
    {
        using var c = Ready();
        Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = "d"u8, Mode = 0x1FF }));
        var (type, body) = c.Call(new Twalk { Fid = 0, Newfid = 5, Count = 2, Names = [1, 0, (byte)'d', 1, 0, (byte)'x'] });
        Assert.Equal(P9Type.Rwalk, type);
        Assert.True(Rwalk.TryRead(body, out var walk));
        Assert.Equal(Qid.Size, walk.Qids.Length);
        Assert.Equal(Errno.EBADF, c.Error(new Tgetattr { Fid = 5 }));
        Assert.Equal(Errno.ENOENT, c.Error(new Twalk { Fid = 0, Newfid = 5, Count = 1, Names = [1, 0, (byte)'x'] }));
        Assert.Equal(Errno.EBADF, c.Error(new Twalk { Fid = 0, Newfid = 0xFFFFFFFF }));
    }

    [Fact]
    public void Entries_are_listed_once()
    {
        using var c = Ready();
        for (var i = 0; i < 50; i++)
            Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = System.Text.Encoding.ASCII.GetBytes($"d{i}"), Mode = 0x1FF }));
        c.Error(new Twalk { Fid = 0, Newfid = 1 });
        Assert.Equal(Errno.None, c.Error(new Tlopen { Fid = 1 }));
        var seen = new List<string>();
        ulong cookie = 0;
        while (true)
        {
            var (_, body) = c.Call(new Treaddir { Fid = 1, Offset = cookie, Count = 200 });
            Assert.True(Rreaddir.TryRead(body, out var m));
            if (m.Data.Length == 0)
                break;
            var r = new LittleEndianReader(m.Data);
            while (r.Remaining > 0)
            {
                Assert.True(DirEntry.TryRead(ref r, out var entry));
                seen.Add(System.Text.Encoding.ASCII.GetString(entry.Name));
                cookie = entry.Offset;
            }
        }

        Assert.Equal(50, seen.Count(n => n[0] == 'd'));
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(Errno.EINVAL, c.Error(new Treaddir { Fid = 1, Count = 5 }));
    }

    [Fact]
    public void Xattr_is_set_at_clunk_and_read_back()
    {
        using var c = Ready();
        c.Error(new Twalk { Fid = 0, Newfid = 1 });
        Assert.Equal(Errno.None, c.Error(new Txattrcreate { Fid = 1, Name = "user.a"u8, AttrSize = 3 }));
        Assert.Equal(Errno.None, c.Error(new Twrite { Fid = 1, Data = "abc"u8 }));
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        Assert.Equal(Errno.None, c.Error(new Txattrwalk { Fid = 0, Newfid = 2, Name = "user.a"u8 }));
        var (_, body) = c.Call(new Tread { Fid = 2, Count = 100 });
        Assert.True(Rread.TryRead(body, out var m) && m.Data.SequenceEqual("abc"u8));
        Assert.Equal(Errno.ENODATA, c.Error(new Txattrwalk { Fid = 0, Newfid = 3, Name = "user.b"u8 }));
    }

    [Fact]
    public void A_blocking_lock_waits_and_a_flush_drops_it()
    {
        using var a = Ready();
        using var b = Ready();
        a.Error(new Twalk { Fid = 0, Newfid = 1 });
        Assert.Equal(Errno.None, a.Error(new Tlcreate { Fid = 1, Name = "l"u8, Flags = 2, Mode = 0x1B6 }));
        b.Error(new Twalk { Fid = 0, Newfid = 1, Count = 1, Names = [1, 0, (byte)'l'] });
        Assert.Equal(Errno.None, b.Error(new Tlopen { Fid = 1, Flags = 2 }));
        Assert.Equal(0, a.Call(new Tlock { Fid = 1, Kind = 1, ProcId = 1, ClientId = "a"u8 }).Body[0]);
        Assert.Equal(1, b.Call(new Tlock { Fid = 1, Kind = 1, ProcId = 2, ClientId = "b"u8 }).Body[0]);

        // Held, then BLOCKED after LockHoldMs.
        Assert.Equal(1, b.Call(new Tlock { Fid = 1, Kind = 1, Flags = 1, ProcId = 2, ClientId = "b"u8 }).Body[0]);

        // Flushed: only Rflush comes.
        b.Send(RawClient.Frame(7, new Tlock { Fid = 1, Kind = 1, Flags = 1, ProcId = 2, ClientId = "b"u8 }));
        Assert.Equal(P9Type.Rflush, b.Call(new Tflush { Oldtag = 7 }, 8).Type);

        // Released: granted at once.
        b.Send(RawClient.Frame(9, new Tlock { Fid = 1, Kind = 1, Flags = 1, ProcId = 2, ClientId = "b"u8 }));
        Assert.Equal(Errno.None, a.Error(new Tclunk { Fid = 1 }));
        var frame = b.Receive()!;
        Assert.Equal((P9Type.Rlock, 9, 0), ((P9Type)frame[4], frame[5], frame[7]));
    }

    [Fact]
    public void Version_forgets_fids_and_unknown_types_are_refused()
    {
        using var c = Ready();
        c.Send([7, 0, 0, 0, 112, 1, 0]);
        Assert.Equal((byte)P9Type.Rlerror, c.Receive()![4]);
        c.Call(new Tversion { Msize = 8192, Version = "9P2000.L"u8 }, P9Limits.NoTag);
        Assert.Equal(Errno.EBADF, c.Error(new Tgetattr { Fid = 0 }));
        Assert.Equal(Errno.ENOENT, c.Error(new Tattach { Fid = 0, Afid = P9Limits.NoFid, Aname = "/exportx"u8, NUname = 0 }));
        Assert.Equal(Errno.ENOENT, c.Error(new Tauth { Afid = 1 }));
    }

    [Fact]
    public void Many_requests_in_one_piece_are_all_answered()
    {
        using var c = Ready();
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

    [Fact]
    public void Garbage_does_no_harm()
    {
        var random = new Random(42);
        for (var i = 0; i < 300; i++)
        {
            using var c = Ready();
            var body = new byte[random.Next(0, 60)];
            random.NextBytes(body);
            var frame = new byte[7 + body.Length];
            BinaryPrimitives.WriteInt32LittleEndian(frame, i % 10 == 0 ? random.Next() : frame.Length);
            frame[4] = (byte)(random.Next(4, 64) * 2);
            body.CopyTo(frame, 7);
            c.Send(frame);
        }

        using var last = Ready();
        Assert.Equal(Errno.None, last.Error(new Tgetattr { Fid = 0 }));
    }

    private RawClient Ready()
    {
        var client = Connect();
        client.Handshake();
        return client;
    }

    private RawClient Connect()
    {
        var (ours, theirs) = Sockets.Pair();
        _loop.Post(_ => _server.Serve(_loop, theirs, "test"));
        return new RawClient(ours);
    }
}
