using System.Text;
using Pentode.Core;
using Pentode.Files;
using Xunit;

namespace Pentode.Testing.Files;

/// <content>Content, attributes, extended attributes, locks, permissions.</content>
public abstract partial class TreeConformance
{
    [Fact]
    public Task Content_reads_back_and_ends() => Check(async () =>
    {
        var f = await MakeFile(Top, "f", "hello");
        var file = await Ok(Volume.Open(Root, f, ReadWrite));
        var buffer = GC.AllocateArray<byte>(16, pinned: true);
        Assert.Equal(2, await Ok(Volume.Read(file, buffer, 3)));
        Assert.Equal(0, await Ok(Volume.Read(file, buffer, 5)));
        Assert.Equal(0, await Ok(Volume.Read(file, buffer, 1L << 40)));
        await Fails(Errno.EINVAL, Volume.Read(file, buffer, -1));
        await Ok(Volume.SetAttributes(Root, f, new AttributeChange { Size = 2 }));
        await Ok(Volume.SetAttributes(Root, f, new AttributeChange { Size = 5 }));
        Assert.Equal("he\0\0\0", await ReadAll(f));
        Assert.Equal(1, await Ok(Volume.Write(file, "x"u8.ToArray(), 10000)));
        Assert.Equal(10001ul, (await Stat(f)).Size);
        await Ok(Volume.Sync(file, dataOnly: true));
        await Ok(Volume.Close(file));
        var append = await Ok(Volume.Open(Root, f, WriteOnly | Truncate | Append));
        await Ok(Volume.Write(append, "ab"u8.ToArray(), 0));
        await Ok(Volume.Write(append, "cd"u8.ToArray(), 0));
        await Fails(Errno.EBADF, Volume.Read(append, buffer, 0));
        await Ok(Volume.Close(append));
        Assert.Equal("abcd", await ReadAll(f));
        await Fails(Errno.EISDIR, Volume.Open(Root, Top, ReadWrite));
        await Fails(Errno.EISDIR, Volume.SetAttributes(Root, Top, new AttributeChange { Size = 0 }));
    });

    [Fact]
    public Task Unlinked_open_file_lives_on() => Check(async () =>
    {
        var f = await MakeFile(Top, "f", "alive");
        var file = await Ok(Volume.Open(Root, f, ReadOnly));
        await Ok(Volume.Unlink(Root, Top, N("f"), directory: false));
        var buffer = GC.AllocateArray<byte>(16, pinned: true);
        Assert.Equal(5, await Ok(Volume.Read(file, buffer, 0)));
        Assert.Equal(0ul, (await Stat(f)).LinkCount);
        await Ok(Volume.Close(file));
    });

    [Fact]
    public Task Attributes_change() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        await Ok(Volume.SetAttributes(Root, f, new AttributeChange { Mode = 0x1C0, Uid = 7, Gid = 8 }));
        await Ok(Volume.SetAttributes(Root, f, new AttributeChange { SetModifyTime = true, ModifyTime = new FileTime(123, 456) }));
        var now = await Stat(f);
        Assert.Equal((0x81C0u, 7u, 8u), (now.Mode, now.Uid, now.Gid));
        Assert.Equal(new FileTime(123, 456), now.ModifyTime);
    });

    [Fact]
    public Task Extended_attributes() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        await Fails(Errno.ENODATA, Volume.GetExtendedAttribute(Root, f, N("user.a")));
        await Fails(Errno.ENODATA, Volume.SetExtendedAttribute(Root, f, N("user.a"), Array.Empty<byte>(), 2));
        await Ok(Volume.SetExtendedAttribute(Root, f, N("user.a"), Array.Empty<byte>(), 1));
        await Fails(Errno.EEXIST, Volume.SetExtendedAttribute(Root, f, N("user.a"), Array.Empty<byte>(), 1));
        Assert.Empty(await Ok(Volume.GetExtendedAttribute(Root, f, N("user.a"))));
        await Ok(Volume.SetExtendedAttribute(Root, f, N("user.a"), "v"u8.ToArray(), 0));
        Assert.Equal("v"u8.ToArray(), await Ok(Volume.GetExtendedAttribute(Root, f, N("user.a"))));
        Assert.Equal("user.a\0", Encoding.ASCII.GetString(await Ok(Volume.ListExtendedAttributes(Root, f))));
        await Ok(Volume.RemoveExtendedAttribute(Root, f, N("user.a")));
        await Fails(Errno.ENODATA, Volume.RemoveExtendedAttribute(Root, f, N("user.a")));
        await Fails(Errno.EOPNOTSUPP, Volume.GetExtendedAttribute(Root, f, N("trusted.a")));
        await Fails(Errno.E2BIG, Volume.SetExtendedAttribute(Root, f, N("user.a"), new byte[65537], 0));
    });

    [Fact]
    public Task Byte_range_locks() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        var one = await Ok(Volume.Open(Root, f, ReadWrite));
        var two = await Ok(Volume.Open(Root, f, ReadWrite));
        var session = new object();
        LockOwner a = new(session, 1, "c"), b = new(session, 2, "c");
        Assert.Equal(Errno.None, await Volume.Lock(one, a, LockType.Write, 0, 100));
        Assert.Equal(Errno.EAGAIN, await Volume.Lock(two, b, LockType.Read, 50, 1));
        Assert.Equal(Errno.None, await Volume.Lock(one, a, LockType.Unlock, 40, 20));
        Assert.Equal(Errno.None, await Volume.Lock(two, b, LockType.Write, 40, 20));
        Assert.Equal(LockType.Write, (await Volume.TestLock(two, b, LockType.Read, 60, 1)).Value.Type);
        Assert.Equal(LockType.Unlock, (await Volume.TestLock(two, b, LockType.Write, 100, 0)).Value.Type);
        await Ok(Volume.Close(two));
        Assert.Equal(Errno.None, await Volume.Lock(one, a, LockType.Read, 40, 20));
        Assert.Equal(Errno.EINVAL, await Volume.Lock(one, a, LockType.Read, -1, 20));
        await Ok(Volume.Close(one));
    });

    [Fact]
    public Task Users_are_held_to_the_mode() => CheckUsers(async () =>
    {
        var f = await MakeFile(Top, "f", "x", 0x180);
        await Fails(Errno.EACCES, Volume.Open(User, f, ReadOnly));
        await Fails(Errno.EACCES, Volume.MakeDirectory(User, Top, N("d"), 0x1FF, 1000));
        await Fails(Errno.EACCES, Volume.Unlink(User, Top, N("f"), directory: false));
        await Fails(Errno.EPERM, Volume.SetAttributes(User, f, new AttributeChange { Mode = 0x1FF }));
        await Fails(Errno.EPERM, Volume.SetAttributes(User, f, new AttributeChange { Uid = 1000 }));
        await Ok(Volume.SetAttributes(Root, f, new AttributeChange { Mode = 0x1B0, Gid = 2000 }));
        await Ok(Volume.Close(await Ok(Volume.Open(User, f, ReadWrite))));
        await Fails(Errno.EACCES, Volume.Open(Other, f, ReadOnly));
        var closed = await MakeDir(Top, "closed", 0x1C0);
        await Fails(Errno.EACCES, Volume.Lookup(User, closed, N("x")));
    });

    [Fact]
    public Task Sticky_directories_protect_entries() => CheckUsers(async () =>
    {
        var tmp = await MakeDir(Top, "tmp");
        await Ok(Volume.SetAttributes(Root, tmp, new AttributeChange { Mode = 0x3FF }));
        var f = await MakeFile(tmp, "f", "", 0x1B6, User);
        Assert.Equal((1000u, 1000u), ((await Stat(f)).Uid, (await Stat(f)).Gid));
        await Fails(Errno.EPERM, Volume.Unlink(Other, tmp, N("f"), directory: false));
        await Fails(Errno.EPERM, Volume.Rename(Other, tmp, N("f"), tmp, N("g")));
        await Ok(Volume.Unlink(User, tmp, N("f"), directory: false));
    });

    [Fact]
    public Task Read_only_volume_refuses_changes() => Check(async () =>
    {
        await Fails(Errno.EROFS, Volume.MakeDirectory(Root, Top, N("d"), 0x1ED, 0));
        await Fails(Errno.EROFS, Volume.SetAttributes(Root, Top, new AttributeChange { Mode = 0 }));
        await Fails(Errno.EROFS, Volume.Unlink(Root, Top, N("d"), directory: false));
        await Ok(Volume.GetStatistics(Root, Top));
    }, new VolumeOptions { ReadOnly = true });
}
