using Pentode.Core;
using Xunit;

namespace Pentode.Testing.Files;

/// <content>Directory entries.</content>
public abstract partial class TreeConformance
{
    [Fact]
    public Task Lookup_reports_what_is_not_there() => Check(async () =>
    {
        await Fails(Errno.ENOENT, Volume.Lookup(Root, Top, N("a")));
        var file = await MakeFile(Top, "f");
        await Fails(Errno.ENOTDIR, Volume.Lookup(Root, file, N("a")));
        await Fails(Errno.ENAMETOOLONG, Volume.Lookup(Root, Top, N(new string('x', 256))));
        await Fails(Errno.ENOENT, Volume.Lookup(Root, Top, N(new string('x', 255))));
        await Fails(Errno.EINVAL, Volume.Lookup(Root, Top, N("")));
        await Fails(Errno.EINVAL, Volume.Lookup(Root, Top, N("a/b")));
        await Fails(Errno.EINVAL, Volume.Lookup(Root, Top, N("a\0")));
        file.Release();
    });

    [Fact]
    public Task A_child_is_recognized_under_its_name_and_no_other_is() => Check(async () =>
    {
        var one = await MakeFile(Top, "one", "1");
        if ((await Volume.Recognize(Root, Top, N("one"), one)).Error == Errno.EOPNOTSUPP)
            return;
        var two = await MakeFile(Top, "two", "22");
        Assert.Equal(await Stat(one), await Ok(Volume.Recognize(Root, Top, N("one"), one)));
        await Fails(Errno.ESTALE, Volume.Recognize(Root, Top, N("two"), one));
        await Fails(Errno.ENOENT, Volume.Recognize(Root, Top, N("three"), one));
        await Fails(Errno.ENOTDIR, Volume.Recognize(Root, one, N("two"), two));
        await Fails(Errno.ENAMETOOLONG, Volume.Recognize(Root, Top, N(new string('x', 256)), one));
        await Ok(Volume.Rename(Root, Top, N("two"), Top, N("one")));
        await Fails(Errno.ESTALE, Volume.Recognize(Root, Top, N("one"), one));
        Assert.Equal(2ul, (await Ok(Volume.Recognize(Root, Top, N("one"), two))).Size);
        await Ok(Volume.Unlink(Root, Top, N("one"), directory: false));
        await Fails(Errno.ENOENT, Volume.Recognize(Root, Top, N("one"), two));
        one.Release();
        two.Release();
    });

    [Fact]
    public Task Dots_lead_to_self_and_parent_and_stop_at_the_root() => Check(async () =>
    {
        var a = await MakeDir(Top, "a");
        Assert.Equal(Top.Id.Path, (await Ok(Volume.Lookup(Root, a, N("..")))).Id.Path);
        Assert.Equal(a.Id.Path, (await Ok(Volume.Lookup(Root, a, N(".")))).Id.Path);
        Assert.Equal(Top.Id.Path, (await Ok(Volume.Lookup(Root, Top, N("..")))).Id.Path);
    });

    [Fact]
    public Task Making_what_exists_fails() => Check(async () =>
    {
        await MakeDir(Top, "a");
        var f = await MakeFile(Top, "f", "abc");
        await Fails(Errno.EEXIST, Volume.MakeDirectory(Root, Top, N("a"), 0x1ED, 0));
        await Fails(Errno.EEXIST, Volume.MakeSymbolicLink(Root, Top, N("f"), "x"u8.ToArray(), 0));
        await Fails(Errno.EEXIST, Volume.Create(Root, Top, N("f"), ReadWrite | Exclusive, 0x1A4, 0));
        await Fails(Errno.EEXIST, Volume.MakeDirectory(Root, Top, N("."), 0x1ED, 0));
        await Fails(Errno.EISDIR, Volume.Create(Root, Top, N("a"), ReadWrite, 0x1A4, 0));
        await Fails(Errno.ENOTDIR, Volume.MakeDirectory(Root, f, N("x"), 0x1ED, 0));
        var again = await Ok(Volume.Create(Root, Top, N("f"), ReadWrite, 0x1A4, 0));
        Assert.Equal(f.Id.Path, again.Node.Id.Path);
        await Ok(Volume.Close(again.File));
        Assert.Equal("abc", await ReadAll(f));
    });

    [Fact]
    public Task Unlink_tells_files_from_directories() => Check(async () =>
    {
        var a = await MakeDir(Top, "a");
        await MakeFile(a, "f");
        await Fails(Errno.EISDIR, Volume.Unlink(Root, Top, N("a"), directory: false));
        await Fails(Errno.ENOTEMPTY, Volume.Unlink(Root, Top, N("a"), directory: true));
        await Fails(Errno.ENOTDIR, Volume.Unlink(Root, a, N("f"), directory: true));
        await Fails(Errno.ENOENT, Volume.Unlink(Root, a, N("g"), directory: false));
        await Ok(Volume.Unlink(Root, a, N("f"), directory: false));
        await Ok(Volume.Unlink(Root, Top, N("a"), directory: true));
        await Fails(Errno.ENOENT, Volume.Lookup(Root, Top, N("a")));
        await Fails(Errno.ENOENT, Volume.MakeDirectory(Root, a, N("late"), 0x1ED, 0));
    });

    [Fact]
    public Task Rename_matrix() => Check(async () =>
    {
        var a = await MakeDir(Top, "a");
        var b = await MakeDir(a, "b");
        await MakeDir(Top, "empty");
        var f = await MakeFile(Top, "f", "F");
        await MakeFile(Top, "g", "G");
        await Fails(Errno.ENOENT, Volume.Rename(Root, Top, N("no"), Top, N("x")));
        await Fails(Errno.EISDIR, Volume.Rename(Root, Top, N("f"), Top, N("empty")));
        await Fails(Errno.ENOTDIR, Volume.Rename(Root, Top, N("empty"), Top, N("f")));
        await Fails(Errno.ENOTEMPTY, Volume.Rename(Root, Top, N("empty"), Top, N("a")));
        await Fails(Errno.EINVAL, Volume.Rename(Root, Top, N("a"), b, N("x")));
        await Fails(Errno.EINVAL, Volume.Rename(Root, Top, N("a"), a, N("x")));
        await Fails(Errno.ENOTEMPTY, Volume.Rename(Root, a, N("b"), Top, N("a")));
        await Ok(Volume.Rename(Root, Top, N("f"), Top, N("f")));
        await Ok(Volume.Rename(Root, Top, N("f"), Top, N("g")));
        Assert.Equal("F", await ReadAll(await Ok(Volume.Lookup(Root, Top, N("g")))));
        await Ok(Volume.Rename(Root, a, N("b"), Top, N("empty")));
        Assert.Equal(Top.Id.Path, (await Ok(Volume.Lookup(Root, b, N("..")))).Id.Path);
        Assert.Equal(2ul, (await Stat(a)).LinkCount);
        Assert.Equal("F", await ReadAll(f));
    });

    [Fact]
    public Task Links_count() => Check(async () =>
    {
        var f = await MakeFile(Top, "f", "x");
        await Ok(Volume.Link(Root, Top, f, N("g")));
        Assert.Equal(2ul, (await Stat(f)).LinkCount);
        await Fails(Errno.EEXIST, Volume.Link(Root, Top, f, N("g")));
        await Fails(Errno.EPERM, Volume.Link(Root, Top, Top, N("h")));
        await Ok(Volume.Unlink(Root, Top, N("f"), directory: false));
        Assert.Equal(1ul, (await Stat(f)).LinkCount);
        Assert.Equal("x", await ReadAll(await Ok(Volume.Lookup(Root, Top, N("g")))));
    });

    [Fact]
    public Task Symbolic_links_keep_their_target() => Check(async () =>
    {
        var link = await Ok(Volume.MakeSymbolicLink(Root, Top, N("l"), "../x//y"u8.ToArray(), 0));
        Assert.Equal("../x//y"u8.ToArray(), await Ok(Volume.ReadLink(Root, link)));
        await Fails(Errno.EINVAL, Volume.ReadLink(Root, Top));
        await Fails(Errno.ELOOP, Volume.Open(Root, link, ReadOnly));
        await Fails(Errno.EINVAL, Volume.MakeSymbolicLink(Root, Top, N("m"), Array.Empty<byte>(), 0));
        await Fails(Errno.ENAMETOOLONG, Volume.MakeSymbolicLink(Root, Top, N("m"), new byte[4096], 0));
    });

    [Fact]
    public Task Big_directory_is_listed_once_each_in_parts() => Check(async () =>
    {
        for (var i = 0; i < 2000; i++)
            (await MakeFile(Top, $"file{i}")).Release();
        var open = await Ok(Volume.Open(Root, Top, ReadOnly | OpenDirectory));
        var list = new EntryList(37);
        var last = -1;
        while (last != list.Entries.Count)
        {
            last = list.Entries.Count;
            list.Reset();
            await Ok(Volume.ReadDirectory(open, last == 0 ? 0 : list.Entries[^1].Cookie, list));
        }

        Assert.Equal(2002, list.Entries.Count);
        Assert.Equal(2002, list.Entries.Select(e => e.Name).Distinct().Count());
        Assert.Contains(list.Entries, e => e.Name == "." && e.Type == 4);
        Assert.Contains(list.Entries, e => e.Name == ".." && e.Type == 4);
        await Ok(Volume.Close(open));
    });

    [Fact]
    public Task Special_files() => Check(async () =>
    {
        var fifo = await Ok(Volume.MakeNode(Root, Top, N("p"), 0x11A4, 0, 0, 0));
        Assert.Equal(0x1000u, (await Stat(fifo)).Mode & 0xF000);
        await Fails(Errno.ENXIO, Volume.Open(Root, fifo, ReadOnly));
        await Fails(Errno.EPERM, Volume.MakeNode(Root, Top, N("d"), 0x21A4, 1, 3, 0));
    });
}
