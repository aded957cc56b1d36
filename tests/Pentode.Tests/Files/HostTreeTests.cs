using Xunit;
using Pentode.Core;
using Pentode.Files;
using Pentode.Linux;
using Pentode.Linux.Tree;
using static Pentode.Tests.Files.HostFixture;

namespace Pentode.Tests.Files;

public sealed class HostTreeTests : IDisposable
{
    private static readonly Credentials s_root = Credentials.Root;
    private readonly HostFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public unsafe void Kernel_structures_have_their_size()
    {
        Assert.Equal(256, sizeof(StatxData));
        Assert.Equal(120, sizeof(StatfsData));
        Assert.Equal(24, sizeof(OpenHow));
        Assert.Equal(16, sizeof(KernelTimespec));
    }

    [Fact]
    public void Names_never_leave_the_export()
    {
        var up = _host.Get("..");
        Assert.Same(_host.Root, up);
        up.Release();
        File.CreateSymbolicLink(_host.Host("up"), "../secret");
        File.CreateSymbolicLink(_host.Host("abs"), System.IO.Path.Combine(_host.Base, "secret"));
        File.CreateSymbolicLink(_host.Host("dirlink"), "..");
        foreach (var name in new[] { "up", "abs", "dirlink" })
        {
            var link = _host.Get(name);
            Assert.True(link.Id.IsSymbolicLink);
            Assert.Equal(Errno.ELOOP, Now(link.Open(s_root, 0)).Error);
            Assert.Equal(Errno.ENOTDIR, _host.GetError("secret", link));
            Assert.Equal(Errno.EOPNOTSUPP, Now(link.SetAttributes(s_root, new AttributeChange { Mode = 0 }, null)));
            Assert.Equal(Errno.EINVAL, Now(link.SetAttributes(s_root, new AttributeChange { Size = 0 }, null)));
            link.Release();
        }

        Assert.Equal(Errno.ELOOP, Now(_host.Root.Create(s_root, N("up"), 1, 0x1A4, uint.MaxValue)).Error);
        Assert.NotEqual(Errno.None, _host.GetError("../secret"));
        Assert.NotEqual(Errno.None, Now(_host.Root.Create(s_root, N("dirlink/new"), 1, 0x1A4, uint.MaxValue)).Error);
        Assert.Equal("outside", File.ReadAllText(System.IO.Path.Combine(_host.Base, "secret")));
    }

    [Fact]
    public void Dotdot_of_a_directory_moved_out_is_stale()
    {
        var a = _host.MakeDirectory("a");
        var b = _host.MakeDirectory("b", a);
        var up = _host.Get("..", b);
        Assert.Equal(a.Id.Path, up.Id.Path);
        up.Release();
        Directory.Move(_host.Host("a/b"), System.IO.Path.Combine(_host.Base, "out"));
        Assert.Equal(Errno.ESTALE, _host.GetError("..", b));
        b.Release();
        a.Release();
    }

    [Fact]
    public void Create_is_exclusive_or_opens_what_is_there()
    {
        var first = _host.Create("f");
        Assert.Equal(5, Now(first.File.Write("hello"u8.ToArray(), 0)).Value);
        Assert.Equal(Errno.EEXIST, Now(_host.Root.Create(s_root, N("f"), 2 | 0x80, 0x1A4, uint.MaxValue)).Error);
        var second = _host.Create("f", flags: 2);
        Assert.Equal(first.Node.Id.Path, second.Node.Id.Path);
        var buffer = new byte[10];
        Assert.Equal(5, Now(second.File.Read(buffer, 0)).Value);
        Assert.Equal(0, Now(second.File.Read(buffer, 5)).Value);
        Assert.Equal("hello"u8.ToArray(), buffer[..5]);
        Assert.Equal(Errno.None, Now(second.File.Sync(false)));
        Done(second);
        Done(first);
        var append = _host.Create("f", flags: 1 | 0x400);
        Assert.Equal(3, Now(append.File.Write("abc"u8.ToArray(), 0)).Value);
        Assert.Equal("helloabc", File.ReadAllText(_host.Host("f")));
        Done(append);
        var truncated = _host.Create("f", flags: 1 | 0x200);
        Assert.Equal(0ul, Attributes(truncated.Node).Size);
        Done(truncated);
        Assert.Equal(0x1A4u, (uint)File.GetUnixFileMode(_host.Host("f")));
    }

    [Fact]
    public void Nodes_survive_rename_and_unlink()
    {
        var file = _host.Create("f");
        var directory = _host.MakeDirectory("d");
        Assert.Equal(Errno.None, Now(_host.Root.Rename(s_root, N("f"), directory, N("g"))));
        Assert.Equal(Errno.ENOENT, _host.GetError("f"));
        Assert.Equal(Errno.None, Now(file.Node.RenameSelf(s_root, _host.Root, N("h"))));
        Assert.True(File.Exists(_host.Host("h")));
        Assert.Equal(Errno.None, Now(file.Node.RemoveSelf(s_root)));
        Assert.Equal(0ul, Attributes(file.Node).LinkCount);
        Assert.Equal(2, Now(file.File.Write("xy"u8.ToArray(), 0)).Value);
        Assert.Equal(2ul, Attributes(file.Node).Size);
        Assert.Equal(Errno.ESTALE, Now(file.Node.RemoveSelf(s_root)));
        File.WriteAllText(_host.Host("h"), "other");
        Assert.Equal(Errno.ESTALE, Now(file.Node.RemoveSelf(s_root)));
        Assert.Equal(Errno.ESTALE, Now(file.Node.RenameSelf(s_root, directory, N("z"))));
        Assert.Equal(Errno.EBUSY, Now(_host.Root.RemoveSelf(s_root)));
        Done(file);
        directory.Release();
    }

    [Fact]
    public void Unlink_distinguishes_directories()
    {
        _host.MakeDirectory("d").Release();
        Done(_host.Create("f"));
        Assert.Equal(Errno.EISDIR, Now(_host.Root.Unlink(s_root, N("d"), false)));
        Assert.Equal(Errno.ENOTDIR, Now(_host.Root.Unlink(s_root, N("f"), true)));
        Assert.Equal(Errno.None, Now(_host.Root.Unlink(s_root, N("d"), true)));
        Assert.Equal(Errno.None, Now(_host.Root.Unlink(s_root, N("f"), false)));
    }

    [Fact]
    public void Links_and_special_files()
    {
        var file = _host.Create("f");
        Assert.Equal(Errno.None, Now(_host.Root.Link(s_root, file.Node, N("l"))));
        Assert.Equal(2ul, Attributes(file.Node).LinkCount);
        // The name a node was reached by counts, not the inode alone.
        var link = _host.Get("l");
        Assert.Equal(Errno.None, Now(link.RemoveSelf(s_root)));
        Assert.True(File.Exists(_host.Host("f")));
        link.Release();
        var symbolic = Now(_host.Root.MakeSymbolicLink(s_root, N("s"), "/etc/passwd"u8.ToArray(), uint.MaxValue)).Value;
        Assert.Equal("/etc/passwd"u8.ToArray(), Now(symbolic.ReadLink(s_root)).Value);
        Assert.Equal(Errno.None, Now(_host.Root.Link(s_root, symbolic, N("s2"))));
        Assert.Equal(2ul, Attributes(symbolic).LinkCount);
        symbolic.Release();
        var fifo = Now(_host.Root.MakeNode(s_root, N("p"), 0x11A4, 0, 0, uint.MaxValue)).Value;
        Assert.Equal(Errno.ENXIO, Now(fifo.Open(s_root, 0)).Error);
        fifo.Release();
        Done(file);
    }

    [Fact]
    public void Attributes_change_as_marked()
    {
        var file = _host.Create("f");
        var node = file.Node;
        Assert.Equal(Errno.None, Now(node.SetAttributes(s_root, new AttributeChange
        {
            Size = 10, Uid = 1234, Gid = 4321, Mode = 0x9ED, SetAccessTime = true, AccessTime = new FileTime(5, 6), SetModifyTime = true, ModifyTime = new FileTime(7, 8),
        }, null)));
        var now = Attributes(node);
        Assert.Equal((10ul, 1234u, 4321u, 0x89EDu), (now.Size, now.Uid, now.Gid, now.Mode));
        Assert.Equal((new FileTime(5, 6), new FileTime(7, 8)), (now.AccessTime, now.ModifyTime));
        Assert.NotEqual(0u, now.Id.Version);
        Assert.Equal(Errno.None, Now(node.SetAttributes(s_root, new AttributeChange { SetAccessTime = true }, null)));
        Assert.True(Attributes(node).AccessTime.Seconds > 1000);
        Assert.Equal(new FileTime(7, 8), Attributes(node).ModifyTime);
        Assert.Equal(Errno.None, Now(node.SetAttributes(s_root, new AttributeChange { TouchChangeTime = true }, null)));
        Assert.Equal(0x89EDu, Attributes(node).Mode);
        Assert.Equal(Errno.EINVAL, Now(node.SetAttributes(s_root, new AttributeChange { Uid = uint.MaxValue }, null)));
        Assert.Equal(Errno.EISDIR, Now(_host.Root.SetAttributes(s_root, new AttributeChange { Size = 1 }, null)));
        Done(file);
        var link = Now(_host.Root.MakeSymbolicLink(s_root, N("s"), "f"u8.ToArray(), uint.MaxValue)).Value;
        Assert.Equal(Errno.None, Now(link.SetAttributes(s_root, new AttributeChange { Uid = 77, SetModifyTime = true, ModifyTime = new FileTime(9, 0) }, null)));
        Assert.Equal((77u, 9L), (Attributes(link).Uid, Attributes(link).ModifyTime.Seconds));
        link.Release();
    }

    [Fact]
    public void Directories_are_read_with_cookies()
    {
        for (var i = 0; i < 2000; i++)
            File.WriteAllBytes(_host.Host($"file-{i:D5}"), []);
        var open = Now(_host.Root.Open(s_root, 0)).Value;
        var seen = new List<Entry>();
        long cookie = 0;
        while (true)
        {
            var sink = new Sink(37);
            Assert.Equal(Errno.None, Now(open.ReadDirectory(cookie, sink)));
            if (sink.Entries.Count == 0)
                break;
            seen.AddRange(sink.Entries);
            cookie = sink.Entries[^1].Cookie;
        }

        Assert.Equal(2002, seen.Count);
        Assert.Equal(2002, seen.Select(e => e.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(_host.Root.Id.Path, seen.Single(e => e.Name == "..").Path);
        var some = seen.Single(e => e.Name == "file-00042");
        var node = _host.Get("file-00042");
        Assert.Equal((node.Id.Path, (byte)8), (some.Path, some.Type));
        node.Release();
        var again = new Sink(5);
        Assert.Equal(Errno.None, Now(open.ReadDirectory(seen[99].Cookie, again)));
        Assert.Equal(seen[100].Name, again.Entries[0].Name);
        Assert.Equal(Errno.EISDIR, Now(open.Read(new byte[1], 0)).Error);
        Assert.Equal(Errno.None, Now(open.Close()));
    }

    [Fact]
    public void Extended_attributes_and_statistics()
    {
        var file = _host.Create("f");
        var node = file.Node;
        Assert.Equal(Errno.ENODATA, Now(node.GetExtendedAttribute(s_root, N("user.a"))).Error);
        Assert.Equal(Errno.None, Now(node.SetExtendedAttribute(s_root, N("user.a"), "v"u8.ToArray(), 1)));
        Assert.Equal(Errno.EEXIST, Now(node.SetExtendedAttribute(s_root, N("user.a"), "w"u8.ToArray(), 1)));
        Assert.Equal("v"u8.ToArray(), Now(node.GetExtendedAttribute(s_root, N("user.a"))).Value);
        Assert.Equal("user.a\0"u8.ToArray(), Now(node.ListExtendedAttributes(s_root)).Value);
        Assert.Equal(Errno.None, Now(node.RemoveExtendedAttribute(s_root, N("user.a"))));
        Assert.Equal(Errno.ENODATA, Now(node.RemoveExtendedAttribute(s_root, N("user.a"))));
        Done(file);
        var statistics = Now(_host.Root.GetStatistics(s_root)).Value;
        Assert.Equal(255u, statistics.NameLength);
        Assert.True(statistics.Blocks > 0);
    }
}
