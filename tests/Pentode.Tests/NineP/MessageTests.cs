using System.Text;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Every message through the server over a tree in memory.</summary>
public sealed class MessageTests
{
    private const uint NoGid = uint.MaxValue;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Files_are_made_written_read_synced_and_closed(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        c.Create(1, "file", 0x1A4);
        var data = new byte[40000];
        new Random(1).NextBytes(data);
        var (_, body) = c.Call(new Twrite { Fid = 1, Offset = 7, Data = data });
        Assert.True(Rwrite.TryRead(body, out var written) && written.Count == 40000);
        (_, body) = c.Call(new Tread { Fid = 1, Offset = 7, Count = 50000 });
        Assert.True(Rread.TryRead(body, out var read) && read.Data.SequenceEqual(data));
        (_, body) = c.Call(new Tread { Fid = 1, Offset = 7, Count = 100 });
        Assert.True(Rread.TryRead(body, out read) && read.Data.SequenceEqual(data.AsSpan(0, 100)));
        (_, body) = c.Call(new Tread { Fid = 1, Offset = 40007, Count = 100 });
        Assert.True(Rread.TryRead(body, out read) && read.Data.Length == 0);
        Assert.Equal(Errno.EINVAL, c.Error(new Tread { Fid = 1, Offset = 1ul << 63, Count = 1 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Twrite { Fid = 1, Offset = 1ul << 63, Data = "x"u8 }));
        Assert.Equal(Errno.None, c.Error(new Tfsync { Fid = 1 }));
        Assert.Equal(Errno.None, c.Error(new Tfsync { Fid = 1, Datasync = 1 }));
        (_, body) = c.Call(new Tgetattr { Fid = 1, RequestMask = 0x3FFF });
        Assert.True(Rgetattr.TryRead(body, out var attributes));
        Assert.Equal((40007ul, 0x81A4u, 1ul), (attributes.Length, attributes.Mode, attributes.Nlink));
        Assert.Equal(0xFFFul, attributes.Valid);
        Assert.Equal(Errno.EINVAL, c.Error(new Tlopen { Fid = 1 }));
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tclunk { Fid = 1 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tread { Fid = 1, Count = 1 }));

        c.Walk(0, 1, "file");
        Assert.Equal(Errno.EBADF, c.Error(new Tread { Fid = 1, Count = 1 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Tlopen { Fid = 1, Flags = 3 }));
        (_, body) = c.Call(new Tlopen { Fid = 1, Flags = 0x201 });
        Assert.True(Rlopen.TryRead(body, out var opened));
        Assert.Equal((61440u, (byte)0), (opened.Iounit, opened.Qid.Type));
        (_, body) = c.Call(new Tgetattr { Fid = 1, RequestMask = 0x7FF });
        Assert.True(Rgetattr.TryRead(body, out attributes) && attributes.Length == 0);
        Assert.Equal(Errno.EISDIR, c.Error(new Tread { Fid = 0, Count = 1 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Walks_clone_go_down_and_up_and_stop_in_the_middle(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = "d"u8, Mode = 0x1FF, Gid = NoGid }));
        Assert.Equal(Errno.None, c.Walk(0, 1, "d"));
        Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 1, Name = "e"u8, Mode = 0x1FF, Gid = NoGid }));
        var (type, body) = c.Call(new Twalk { Fid = 0, Newfid = 5, Count = 2, Names = [1, 0, (byte)'d', 1, 0, (byte)'x'] });
        Assert.Equal(P9Type.Rwalk, type);
        Assert.True(Rwalk.TryRead(body, out var walk));
        Assert.Equal(Qid.Size, walk.Qids.Length);
        Assert.Equal(Errno.EBADF, c.Error(new Tgetattr { Fid = 5 }));
        Assert.Equal(Errno.ENOENT, c.Walk(0, 5, "x"));
        Assert.Equal(Errno.EBADF, c.Walk(0, uint.MaxValue));
        Assert.Equal(Errno.EBADF, c.Walk(0, 1));
        Assert.Equal(Errno.EBADF, c.Walk(9, 10));

        // In place; a walk that fails leaves the fid where it was.
        Assert.Equal(Errno.None, c.Walk(1, 1, "e"));
        Assert.Equal(Errno.ENOENT, c.Walk(1, 1, "..", "x"));
        Assert.Equal(Errno.None, c.Walk(1, 1));
        Assert.Equal(Path(c, 0), PathAfter(c, 1, "..", "..", "..", ".."));
        Assert.Equal(Errno.None, c.Walk(1, 2, ".", "..", "e"));
        Assert.Equal(Path(c, 1), Path(c, 2));
        foreach (var bad in (string[])["", "a/b", "a\0b"])
            Assert.Equal(Errno.EINVAL, c.Walk(0, 7, bad));
        Assert.Equal(Errno.ENAMETOOLONG, c.Walk(0, 7, new string('n', 256)));
        Assert.Equal(Errno.EINVAL, c.Error(new Tmkdir { Dfid = 0, Name = "a/b"u8 }));
        Assert.Equal(Errno.EEXIST, c.Error(new Tmkdir { Dfid = 0, Name = ".."u8 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Entries_are_made_linked_moved_listed_and_removed(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        c.Create(1, "f");
        Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = "d"u8, Mode = 0x1FF, Gid = NoGid }));
        Assert.Equal(Errno.None, c.Walk(0, 2, "d"));
        Assert.Equal(Errno.None, c.Error(new Tsymlink { Dfid = 0, Name = "s"u8, Target = "../up"u8, Gid = NoGid }));
        Assert.Equal(Errno.None, c.Error(new Tmknod { Dfid = 0, Name = "p"u8, Mode = 0x11B6, Gid = NoGid }));
        Assert.Equal(Errno.EPERM, c.Error(new Tmknod { Dfid = 0, Name = "b"u8, Mode = 0x61B6, Major = 8, Gid = NoGid }));
        Assert.Equal(Errno.None, c.Error(new Tlink { Dfid = 2, Fid = 1, Name = "l"u8 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tlink { Dfid = 2, Fid = 9, Name = "m"u8 }));
        Assert.Equal(Errno.None, c.Walk(0, 3, "s"));
        var (_, body) = c.Call(new Treadlink { Fid = 3 });
        Assert.True(Rreadlink.TryRead(body, out var link) && link.Target.SequenceEqual("../up"u8));
        Assert.Equal(Errno.EINVAL, c.Error(new Treadlink { Fid = 1 }));
        Assert.Equal(Errno.ELOOP, c.Error(new Tlopen { Fid = 3 }));
        Assert.Equal(Errno.None, c.Error(new Trename { Fid = 3, Newdirfid = 2, Name = "s2"u8 }));
        Assert.Equal(Errno.EBUSY, c.Error(new Trename { Fid = 0, Newdirfid = 2, Name = "r"u8 }));
        Assert.Equal(Errno.None, c.Error(new Trenameat { Olddirfid = 0, Oldname = "p"u8, Newdirfid = 2, Newname = "p2"u8 }));
        Assert.Equal(Errno.ENOENT, c.Error(new Trenameat { Olddirfid = 0, Oldname = "p"u8, Newdirfid = 2, Newname = "p2"u8 }));
        Assert.Equal([".", "..", "l", "p2", "s2"], List(c, 2));
        Assert.Equal(Errno.ENOTEMPTY, c.Error(new Tunlinkat { Dirfid = 0, Name = "d"u8, Flags = 0x200 }));
        Assert.Equal(Errno.EISDIR, c.Error(new Tunlinkat { Dirfid = 0, Name = "d"u8 }));
        Assert.Equal(Errno.ENOTDIR, c.Error(new Tunlinkat { Dirfid = 0, Name = "f"u8, Flags = 0x200 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Tunlinkat { Dirfid = 0, Name = "f"u8, Flags = 0x300 }));
        foreach (var name in (string[])["l", "p2", "s2"])
            Assert.Equal(Errno.None, c.Error(new Tunlinkat { Dirfid = 2, Name = Encoding.UTF8.GetBytes(name) }));

        // Remove ends the fid whether it removes or not.
        Assert.Equal(Errno.None, c.Error(new Tremove { Fid = 2 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tremove { Fid = 2 }));
        Assert.Equal(Errno.EBUSY, c.Error(new Tremove { Fid = 0 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tgetattr { Fid = 0 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Listings_continue_after_their_cookies(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        for (var i = 0; i < 50; i++)
            Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = Encoding.ASCII.GetBytes($"d{i}"), Mode = 0x1FF, Gid = NoGid }));
        Assert.Equal(52, List(c, 0).Count);
        c.Walk(0, 1);
        Assert.Equal(Errno.EBADF, c.Error(new Treaddir { Fid = 1, Count = 100 }));
        Assert.Equal(Errno.None, c.Error(new Tlopen { Fid = 1 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Treaddir { Fid = 1, Count = 5 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Treaddir { Fid = 1, Offset = 1ul << 63, Count = 500 }));
        c.Create(2, "f");
        Assert.Equal(Errno.ENOTDIR, c.Error(new Treaddir { Fid = 2, Count = 100 }));

        // ".." of the root is the root.
        var (_, body) = c.Call(new Treaddir { Fid = 1, Count = 60 });
        Assert.True(Rreaddir.TryRead(body, out var m));
        var r = new LittleEndianReader(m.Data);
        Assert.True(DirEntry.TryRead(ref r, out var dot) && DirEntry.TryRead(ref r, out var dots) && dot.Qid.Path == dots.Qid.Path);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Attributes_change_as_marked(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        c.Create(1, "f");
        Assert.Equal(Errno.None, c.Error(new Tsetattr { Fid = 1, Valid = 0x1 | 0x2 | 0x4 | 0x8, Mode = 0x8180, Uid = 5, Gid = 6, Length = 100 }));
        Assert.Equal(Errno.None, c.Error(new Tsetattr { Fid = 1, Valid = 0x1B0, AtimeSec = 1, AtimeNsec = 2, MtimeSec = 3, MtimeNsec = 4 }));
        var (_, body) = c.Call(new Tgetattr { Fid = 1, RequestMask = 0x7FF });
        Assert.True(Rgetattr.TryRead(body, out var a));
        Assert.Equal((0x8180u, 5u, 6u, 100ul), (a.Mode, a.Uid, a.Gid, a.Length));
        Assert.Equal((1ul, 2ul, 3ul, 4ul), (a.AtimeSec, a.AtimeNsec, a.MtimeSec, a.MtimeNsec));
        Assert.Equal(Errno.None, c.Error(new Tsetattr { Fid = 1, Valid = 0x30 }));
        Assert.Equal(Errno.None, c.Error(new Tsetattr { Fid = 1, Valid = 0x40 }));
        (_, body) = c.Call(new Tgetattr { Fid = 1, RequestMask = 0x7FF });
        Assert.True(Rgetattr.TryRead(body, out a) && a.MtimeSec > 1_000_000);
        Assert.Equal(Errno.EINVAL, c.Error(new Tsetattr { Fid = 1, Valid = 0x2, Uid = uint.MaxValue }));
        Assert.Equal(Errno.EINVAL, c.Error(new Tsetattr { Fid = 1, Valid = 0x120, MtimeNsec = 1_000_000_000 }));
        Assert.Equal(Errno.EISDIR, c.Error(new Tsetattr { Fid = 0, Valid = 0x8, Length = 1 }));
        (_, body) = c.Call(new Tstatfs { Fid = 0 });
        Assert.True(Rstatfs.TryRead(body, out var s) && s.Namelen == 255 && s.Blocks > 0);
        Assert.Equal(Errno.EBADF, c.Error(new Tstatfs { Fid = 77 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Extended_attributes_are_set_at_clunk_and_read_back(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        Assert.Equal(Errno.None, SetAttribute(c, "user.a", 3, 0, "abc"));
        Assert.Equal(Errno.EEXIST, SetAttribute(c, "user.a", 3, 1, "abc"));
        Assert.Equal(Errno.EINVAL, SetAttribute(c, "user.a", 10, 0, "abc"));
        Assert.Equal("abc", ReadAttribute(c, "user.a"));
        Assert.Equal(Errno.None, SetAttribute(c, "user.b", 0, 1, ""));
        Assert.Equal("user.a\0user.b\0", ReadAttribute(c, ""));
        Assert.Equal(Errno.None, SetAttribute(c, "user.a", 0, 2, ""));
        Assert.Equal(Errno.ENODATA, c.Error(new Txattrwalk { Fid = 0, Newfid = 2, Name = "user.a"u8 }));
        Assert.Equal(Errno.EOPNOTSUPP, c.Error(new Txattrwalk { Fid = 0, Newfid = 2, Name = "security.capability"u8 }));
        Assert.Equal(Errno.EBADF, c.Error(new Txattrwalk { Fid = 0, Newfid = 0, Name = "user.b"u8 }));
        c.Walk(0, 1);
        Assert.Equal(Errno.E2BIG, c.Error(new Txattrcreate { Fid = 1, Name = "user.c"u8, AttrSize = 65537 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Txattrcreate { Fid = 1, Name = "user.c"u8, AttrSize = 1, Flags = 3 }));
        Assert.Equal(Errno.None, c.Error(new Txattrcreate { Fid = 1, Name = "user.c"u8, AttrSize = 4 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Twrite { Fid = 1, Offset = 1, Data = "x"u8 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Twrite { Fid = 1, Data = "xxxxx"u8 }));
        Assert.Equal(Errno.EINVAL, c.Error(new Tread { Fid = 1, Count = 1 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tgetattr { Fid = 1 }));

        // A fid of an attribute names no file to remove.
        Assert.Equal(Errno.EINVAL, c.Error(new Tremove { Fid = 1 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tclunk { Fid = 1 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Auth_and_attach_choose_an_export(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        Assert.Equal(Errno.ENOENT, c.Error(new Tauth { Afid = 1, Uname = "root"u8, NUname = 0 }));
        foreach (var wrong in (string[])["/exportx", "/expor", "export", "/export/none", "/export/../export", "/..", "//"])
            Assert.Equal(Errno.ENOENT, c.Error(new Tattach { Fid = 1, Afid = P9Limits.NoFid, Aname = Encoding.UTF8.GetBytes(wrong), NUname = 0 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tattach { Fid = 1, Afid = 3, NUname = 0 }));
        Assert.Equal(Errno.EBADF, c.Error(new Tattach { Fid = 0, Afid = P9Limits.NoFid, NUname = 0 }));
        Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = "d"u8, Mode = 0x1FF, Gid = NoGid }));
        foreach (var right in (string[])["", "/", "/export", "/export/", "/export/d", "/export//d/"])
        {
            Assert.Equal(Errno.None, c.Error(new Tattach { Fid = 1, Afid = P9Limits.NoFid, Aname = Encoding.UTF8.GetBytes(right), NUname = 0 }));
            Assert.Equal(right.Contains("/d", StringComparison.Ordinal), Path(c, 1) != Path(c, 0));
            Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        }
    }

    private static Errno SetAttribute(RawClient c, string name, ulong size, uint flags, string value)
    {
        Assert.Equal(Errno.None, c.Walk(0, 1));
        Assert.Equal(Errno.None, c.Error(new Txattrcreate { Fid = 1, Name = Encoding.ASCII.GetBytes(name), AttrSize = size, Flags = flags }));
        if (value.Length > 0)
            Assert.Equal(Errno.None, c.Error(new Twrite { Fid = 1, Data = Encoding.ASCII.GetBytes(value) }));
        var error = c.Error(new Tclunk { Fid = 1 });
        Assert.Equal(Errno.EBADF, c.Error(new Tclunk { Fid = 1 }));
        return error;
    }

    private static string ReadAttribute(RawClient c, string name)
    {
        var (_, body) = c.Call(new Txattrwalk { Fid = 0, Newfid = 2, Name = Encoding.ASCII.GetBytes(name) });
        Assert.True(Rxattrwalk.TryRead(body, out var size));
        var expected = size.Length;
        (_, body) = c.Call(new Tread { Fid = 2, Count = 1000 });
        Assert.True(Rread.TryRead(body, out var m));
        Assert.Equal(expected, (ulong)m.Data.Length);
        var value = Encoding.ASCII.GetString(m.Data);
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 2 }));
        return value;
    }

    private static ulong Path(RawClient c, uint fid)
    {
        var (_, body) = c.Call(new Tgetattr { Fid = fid, RequestMask = 0x7FF });
        Assert.True(Rgetattr.TryRead(body, out var m));
        return m.Qid.Path;
    }

    private static ulong PathAfter(RawClient c, uint fid, params string[] names)
    {
        Assert.Equal(Errno.None, c.Walk(fid, 99, names));
        var path = Path(c, 99);
        c.Error(new Tclunk { Fid = 99 });
        return path;
    }

    private static List<string> List(RawClient c, uint directory)
    {
        Assert.Equal(Errno.None, c.Walk(directory, 98));
        Assert.Equal(Errno.None, c.Error(new Tlopen { Fid = 98 }));
        var seen = new List<string>();
        ulong cookie = 0;
        while (true)
        {
            var (_, body) = c.Call(new Treaddir { Fid = 98, Offset = cookie, Count = 200 });
            Assert.True(Rreaddir.TryRead(body, out var m));
            if (m.Data.Length == 0)
                break;
            var r = new LittleEndianReader(m.Data);
            while (r.Remaining > 0)
            {
                Assert.True(DirEntry.TryRead(ref r, out var entry));
                seen.Add(Encoding.ASCII.GetString(entry.Name));
                cookie = entry.Offset;
            }
        }

        c.Error(new Tclunk { Fid = 98 });
        Assert.Equal(seen.Count, seen.Distinct().Count());
        seen.Sort(StringComparer.Ordinal);
        return seen;
    }
}
