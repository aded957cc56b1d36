using Pentode.Core;
using Pentode.NineP.Wire;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>A session attached to a sub-directory stays below it.</summary>
public sealed class EscapeTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task The_way_up_ends_at_the_attach_root(string engine)
    {
        await using var host = new ServerHost(engine);
        using var whole = Tree(host);
        using var part = host.Ready("/export/a");
        Assert.Equal(Errno.None, part.Walk(0, 1, "b", "c"));
        Assert.Equal(Errno.None, part.Walk(1, 2, "..", "..", "..", "..", "b", "c"));
        Assert.Equal(Errno.ENOENT, part.Walk(1, 3, "..", "..", "..", "secret"));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_directory_moved_away_has_no_way_up(string engine)
    {
        await using var host = new ServerHost(engine);
        using var whole = Tree(host);
        using var part = host.Ready("/export/a");
        Assert.Equal(Errno.None, part.Walk(0, 1, "b", "c"));
        Assert.Equal(Errno.None, part.Walk(0, 2, "b"));

        // c leaves the part: its parent is now the root of the export.
        Assert.Equal(Errno.None, whole.Walk(0, 10, "a", "b"));
        Assert.Equal(Errno.None, whole.Error(new Trenameat { Olddirfid = 10, Oldname = "c"u8, Newdirfid = 0, Newname = "c"u8 }));
        Assert.Equal(Errno.ESTALE, part.Walk(1, 3, ".."));
        Assert.Equal(Errno.None, part.Walk(2, 3, ".."));

        // b leaves with its fid.
        Assert.Equal(Errno.None, whole.Walk(0, 11, "a"));
        Assert.Equal(Errno.None, whole.Error(new Trenameat { Olddirfid = 11, Oldname = "b"u8, Newdirfid = 0, Newname = "b"u8 }));
        Assert.Equal(Errno.ESTALE, part.Walk(2, 4, ".."));

        // The attach root itself may be moved: it stays its own parent.
        Assert.Equal(Errno.None, whole.Error(new Trenameat { Olddirfid = 0, Oldname = "a"u8, Newdirfid = 10, Newname = "a"u8 }));
        Assert.Equal(Errno.ENOENT, part.Walk(0, 5, "..", "secret"));
        Assert.Equal(Errno.ENOENT, part.Walk(0, 5, "..", "..", "secret"));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task The_attach_root_cannot_be_removed_or_moved_by_its_session(string engine)
    {
        await using var host = new ServerHost(engine);
        using var whole = Tree(host);
        using var part = host.Ready("/export/a");
        Assert.Equal(Errno.None, part.Walk(0, 1, "b"));
        Assert.Equal(Errno.EBUSY, part.Error(new Trename { Fid = 0, Newdirfid = 1, Name = "x"u8 }));
        Assert.Equal(Errno.EBUSY, part.Error(new Tremove { Fid = 0 }));
        Assert.Equal(Errno.None, whole.Walk(0, 1, "a", "b"));
    }

    /// <summary>a/b/c and secret.</summary>
    private static RawClient Tree(ServerHost host)
    {
        var c = host.Ready();
        Make(c, "a", "secret");
        Make(c, "b");
        Make(c, "c");
        c.Error(new Tclunk { Fid = 0 });
        c.Error(new Tattach { Fid = 0, Afid = P9Limits.NoFid, NUname = 0 });
        return c;
    }

    private static void Make(RawClient c, params string[] names)
    {
        foreach (var name in names)
            Assert.Equal(Errno.None, c.Error(new Tmkdir { Dfid = 0, Name = System.Text.Encoding.ASCII.GetBytes(name), Mode = 0x1ED, Gid = 0 }));
        Assert.Equal(Errno.None, c.Walk(0, 0, names[0]));
    }
}
