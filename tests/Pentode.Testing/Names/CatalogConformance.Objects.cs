using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Xunit;

namespace Pentode.Testing.Names;

/// <content>Objects, names, attributes.</content>
public abstract partial class CatalogConformance
{
    [Fact]
    public Task A_new_store_has_a_root_and_lost_and_found() => Check(async () =>
    {
        var root = await Ok(Store.Get(Top));
        Assert.Equal((0x41EDu, 3L, CatalogPid.Root), (root.Mode, root.LinkCount, root.Pid));
        Assert.Equal(["lost+found"], await List(Top));
        Assert.Equal(new string('0', 36), root.Pid.ToString());
        Assert.Equal(1, Store.Info.Boot);
        Assert.NotEqual(0ul, Store.Info.FileSystemId);
    });

    [Fact]
    public Task Objects_are_made_found_and_listed() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        var f = await MakeFile(d.Number, "f", new CatalogRequest(Credentials.Root));
        var l = await Ok(Store.Create(ByRoot, d.Number, N("l"), new NewObject { Mode = SymbolicLink, Target = N("some/where") }));
        var p = await MakeFile(d.Number, "p", mode: Fifo);
        var c = await Ok(Store.Create(ByRoot, d.Number, N("c"), new NewObject { Mode = CharacterDevice, Device = (1ul << 32) | 3 }));
        Assert.Equal(["f", "l", "p", "c"], await List(d.Number, 2));
        Assert.Equal(f, await Ok(Store.Lookup(d.Number, N("f"))));
        Assert.Equal(f, await Ok(Store.Get(f.Number)));
        Assert.Equal(f, await Ok(Store.Find(f.Pid)));
        Assert.Equal("some/where", Encoding.UTF8.GetString((await Ok(Store.Get(l.Number))).Target!));
        Assert.Equal((10, 0xA1FFu), (l.Size, l.Mode));
        Assert.Equal((1ul << 32) | 3, (await Ok(Store.Get(c.Number))).Device);
        Assert.Equal(0x11A4u, p.Mode);
        Assert.Equal("/d/f", Encoding.UTF8.GetString(await Ok(Store.PathOf(f.Number))));
        Assert.Equal("/", Encoding.UTF8.GetString(await Ok(Store.PathOf(Top))));
        Assert.Equal([d.Number, Top], (await Ok(Store.Ancestors(f.Number))).Select(i => i.Number));
        Assert.Equal((Top, "d"), ((await Ok(Store.Names(d.Number, 9)))[0].Parent, Encoding.UTF8.GetString((await Ok(Store.Names(d.Number, 9)))[0].Name)));
        Assert.Equal(4, (await Ok(Store.Get(Top))).LinkCount);
        await Fails(Errno.ENOENT, Store.Lookup(d.Number, N("no")));
        await Fails(Errno.ENOTDIR, Store.Lookup(f.Number, N("x")));
        await Fails(Errno.ENOTDIR, Store.List(f.Number, 0, 1));
        await Fails(Errno.ESTALE, Store.Get(999_999));
        await Fails(Errno.ESTALE, Store.Lookup(999_999, N("x")));
        await Fails(Errno.ENOENT, Store.Find(new CatalogPid(9, 9, 9)));
    });

    [Fact]
    public Task Names_and_targets_have_rules() => Check(async () =>
    {
        foreach (var name in (string[])["", ".", "..", "a/b", "a\0b"])
            await Fails(Errno.EINVAL, Store.Create(ByRoot, Top, N(name), new NewObject { Mode = RegularFile }));
        await Fails(Errno.ENAMETOOLONG, Store.Create(ByRoot, Top, new byte[256].AsSpan().ToArray().Select(_ => (byte)'x').ToArray(), new NewObject { Mode = RegularFile }));
        await MakeFile(Top, new string('x', 255));
        await Ok(Store.Create(ByRoot, Top, (byte[])[0xFF, 0xFE, 0x20], new NewObject { Mode = RegularFile }));
        await Ok(Store.Lookup(Top, (byte[])[0xFF, 0xFE, 0x20]));
        await Fails(Errno.ENOENT, Store.Create(ByRoot, Top, N("l"), new NewObject { Mode = SymbolicLink }));
        await Fails(Errno.ENAMETOOLONG, Store.Create(ByRoot, Top, N("l"), new NewObject { Mode = SymbolicLink, Target = new byte[5000] }));
        await Fails(Errno.EEXIST, Store.Create(ByRoot, Top, N("lost+found"), new NewObject { Mode = RegularFile }));
        await Fails(Errno.EPERM, Store.Create(ByUser, await Writable(), N("dev"), new NewObject { Mode = CharacterDevice }));
    });

    [Fact]
    public Task An_exclusive_create_knows_its_verifier_again() => Check(async () =>
    {
        var what = new NewObject { Mode = RegularFile, Verifier = 0x8000_0000_1234_5678 };
        var first = await Ok(Store.Create(ByRoot, Top, N("f"), what));
        Assert.Equal(first.Number, (await Ok(Store.Create(ByRoot, Top, N("f"), what))).Number);
        await Fails(Errno.EEXIST, Store.Create(ByRoot, Top, N("f"), what with { Verifier = 1 }));
        await Fails(Errno.EEXIST, Store.Create(ByRoot, Top, N("f"), what with { Verifier = null }));
        await Reopen();
        Assert.Equal(first.Number, (await Ok(Store.Create(ByRoot, Top, N("f"), what))).Number);
        var plain = await MakeFile(Top, "plain");
        Assert.Null(plain.Verifier);
        await Fails(Errno.EEXIST, Store.Create(ByRoot, Top, N("plain"), what));
    });

    [Fact]
    public Task Change_time_and_counter_grow_strictly() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        for (var i = 0; i < 20; i++)
        {
            await MakeFile(d.Number, "f" + i);
            var now = await Ok(Store.Get(d.Number));
            Assert.True(now.ChangeTime > d.ChangeTime && now.Change > d.Change && now.ModifyTime == now.ChangeTime);
            d = now;
        }

        var f = await Ok(Store.Lookup(d.Number, N("f1")));
        var touched = await Ok(Store.SetAttributes(ByRoot, f.Number, Mode(0x180)));
        Assert.True(touched.ChangeTime > f.ChangeTime && touched.ModifyTime == f.ModifyTime && touched.Mode == 0x8180);
    }, new CatalogOptions { Clock = new FrozenClock() });

    [Fact]
    public Task Links_count_and_the_last_one_ends_the_file() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        var f = await MakeFile(Top, "f");
        Assert.Equal(2, (await Ok(Store.Link(ByRoot, f.Number, d.Number, N("g")))).LinkCount);
        await Fails(Errno.EEXIST, Store.Link(ByRoot, f.Number, d.Number, N("g")));
        await Fails(Errno.EPERM, Store.Link(ByRoot, d.Number, Top, N("dd")));
        await Fails(Errno.EISDIR, Store.Remove(ByRoot, Top, N("d")));
        await Fails(Errno.ENOTDIR, Store.RemoveDirectory(ByRoot, Top, N("f")));
        await Fails(Errno.ENOTEMPTY, Store.RemoveDirectory(ByRoot, Top, N("d")));
        Assert.Equal(1, (await Ok(Store.Remove(ByRoot, Top, N("f")))).LinkCount);
        Assert.Equal("/d/g", Encoding.UTF8.GetString(await Ok(Store.PathOf(f.Number))));
        Assert.Equal(0, (await Ok(Store.Remove(ByRoot, d.Number, N("g")))).LinkCount);
        await Fails(Errno.ESTALE, Store.Get(f.Number));
        await Fails(Errno.ENOENT, Store.Find(f.Pid));
        await Ok(Store.RemoveDirectory(ByRoot, Top, N("d")));
        await Fails(Errno.ESTALE, Store.Get(d.Number));
        await Fails(Errno.EBUSY, Store.RemoveDirectory(ByRoot, Top, N("lost+found")));
        Assert.Equal(3, (await Ok(Store.Get(Top))).LinkCount);
        Assert.Equal(2, (await Ok(Store.GetStatistics())).Objects);
    });

    [Fact]
    public Task A_held_file_outlives_its_name() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        await Ok(Store.Write(ByRoot, f.Number, 0, 0, N("data")));
        Store.Hold(f.Number);
        Store.Hold(f.Number);
        await Ok(Store.Remove(ByRoot, Top, N("f")));
        Assert.Equal(0, (await Ok(Store.Get(f.Number))).LinkCount);
        await Ok(Store.Write(ByRoot, f.Number, 0, 4, N("more")));
        Assert.Equal(N("datamore"), await Content(f.Number, 0));
        await Fails(Errno.ENOENT, Store.Link(ByRoot, f.Number, Top, N("again")));
        await Store.Release(f.Number);
        await Ok(Store.Get(f.Number));
        await Store.Release(f.Number);
        await Fails(Errno.ESTALE, Store.Get(f.Number));

        var d = await MakeDirectory(Top, "d");
        Store.Hold(d.Number);
        await Ok(Store.RemoveDirectory(ByRoot, Top, N("d")));
        await Fails(Errno.ENOENT, Store.Create(ByRoot, d.Number, N("x"), new NewObject { Mode = RegularFile }));
        await Store.Release(d.Number);
        await Fails(Errno.ESTALE, Store.Get(d.Number));
    }, new CatalogOptions { TrashGrace = TimeSpan.Zero });

    [Fact]
    public Task Held_files_of_a_crash_are_gone_after_it() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        Store.Hold(f.Number);
        await Ok(Store.Remove(ByRoot, Top, N("f")));
        await Reopen(new CatalogOptions { TrashGrace = TimeSpan.Zero, Clock = IsShared ? new LateClock() : TimeProvider.System });
        await Fails(Errno.ESTALE, Store.Get(f.Number));
    }, new CatalogOptions { TrashGrace = TimeSpan.Zero });

    [Fact]
    public Task Rename_follows_posix() => Check(async () =>
    {
        var a = await MakeDirectory(Top, "a");
        var b = await MakeDirectory(Top, "b");
        var inner = await MakeDirectory(a.Number, "inner");
        var f = await MakeFile(a.Number, "f");
        var g = await MakeFile(b.Number, "g");
        await Fails(Errno.EINVAL, Store.Rename(ByRoot, Top, N("a"), inner.Number, N("x")));
        await Fails(Errno.EINVAL, Store.Rename(ByRoot, Top, N("a"), a.Number, N("x")));
        await Fails(Errno.ENOTEMPTY, Store.Rename(ByRoot, a.Number, N("inner"), Top, N("a")));
        await Fails(Errno.ENOENT, Store.Rename(ByRoot, Top, N("no"), Top, N("x")));
        await Fails(Errno.EISDIR, Store.Rename(ByRoot, a.Number, N("f"), Top, N("b")));
        await Fails(Errno.ENOTDIR, Store.Rename(ByRoot, Top, N("b"), a.Number, N("f")));
        await Fails(Errno.ENOTEMPTY, Store.Rename(ByRoot, Top, N("b"), Top, N("a")));
        await Fails(Errno.EBUSY, Store.Rename(ByRoot, Top, N("lost+found"), Top, N("x")));
        await Ok(Store.Rename(ByRoot, a.Number, N("f"), b.Number, N("g")));
        await Fails(Errno.ESTALE, Store.Get(g.Number));
        Assert.Equal(f.Number, (await Ok(Store.Lookup(b.Number, N("g")))).Number);
        await Ok(Store.Link(ByRoot, f.Number, b.Number, N("h")));
        await Ok(Store.Rename(ByRoot, b.Number, N("g"), b.Number, N("h")));
        Assert.Equal(["g", "h"], await List(b.Number));
        await Ok(Store.Rename(ByRoot, b.Number, N("g"), b.Number, N("i")));
        Assert.Equal(["i", "h"], await List(b.Number));
        var links = (await Ok(Store.Get(Top))).LinkCount;
        await Ok(Store.Rename(ByRoot, a.Number, N("inner"), Top, N("inner")));
        Assert.Equal((links + 1, 2L), ((await Ok(Store.Get(Top))).LinkCount, (await Ok(Store.Get(a.Number))).LinkCount));
        await Ok(Store.Rename(ByRoot, Top, N("inner"), Top, N("a")));
        Assert.Equal(inner.Number, (await Ok(Store.Lookup(Top, N("a")))).Number);
        Assert.Equal(links, (await Ok(Store.Get(Top))).LinkCount);
    });

    [Fact]
    public Task Opposing_moves_of_directories_never_make_a_loop() => Check(async () =>
    {
        for (var round = 0; round < 10; round++)
        {
            var a = await MakeDirectory(Top, "a" + round);
            var b = await MakeDirectory(Top, "b" + round);
            var first = Store.Rename(ByRoot, Top, N("a" + round), b.Number, N("x")).AsTask();
            var second = Store.Rename(ByRoot, Top, N("b" + round), a.Number, N("x")).AsTask();
            var results = await Task.WhenAll(first, second);
            Assert.Equal(1, results.Count(r => r == Errno.None));
            Assert.Single(results, r => r is Errno.EINVAL);
        }
    });

    [Fact]
    public Task Many_creators_in_one_directory_lose_nothing() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await MakeFile(d.Number, $"w{worker}-{i}");
                if (i % 4 == 3)
                    await Ok(Store.Remove(ByRoot, d.Number, N($"w{worker}-{i - 1}")));
                await Store.Create(ByRoot, d.Number, N($"same-{i}"), new NewObject { Mode = RegularFile });
            }
        })));
        var names = await List(d.Number, 7);
        Assert.Equal((32 * 15) + 20, names.Length);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(names.Length + 3, (await Ok(Store.GetStatistics())).Objects);
    });

    [Fact]
    public Task Rmdir_and_create_inside_never_both_win() => Check(async () =>
    {
        for (var i = 0; i < 30; i++)
        {
            var d = await MakeDirectory(Top, "d" + i);
            var create = Store.Create(ByRoot, d.Number, N("f"), new NewObject { Mode = RegularFile }).AsTask();
            var remove = Store.RemoveDirectory(ByRoot, Top, N("d" + i)).AsTask();
            await Task.WhenAll(create, remove);
            Assert.NotEqual((await create).IsOk, await remove == Errno.None);
        }
    });

    [Fact]
    public Task A_listing_meets_each_stable_entry_once_while_others_come_and_go() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        for (var i = 0; i < 60; i++)
            await MakeFile(d.Number, "stable" + i);
        using var stop = new CancellationTokenSource();
        var storm = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await MakeFile(d.Number, "s" + i);
                await Ok(Store.Rename(ByRoot, d.Number, N("s" + i), d.Number, N("t" + i)));
                await Ok(Store.Remove(ByRoot, d.Number, N("t" + i)));
            }
        });
        for (var round = 0; round < 10; round++)
            Assert.Equal(Enumerable.Range(0, 60).Select(i => "stable" + i), (await List(d.Number, 5)).Where(n => n.StartsWith("stable", StringComparison.Ordinal)));
        await stop.CancelAsync();
        await storm;
    });

    [Fact]
    public Task Numbers_are_never_used_again() => Check(async () =>
    {
        var seen = new HashSet<long>();
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 10; i++)
            {
                Assert.True(seen.Add((await MakeFile(Top, "f")).Number));
                await Ok(Store.Remove(ByRoot, Top, N("f")));
            }

            await Ok(Store.Purge(ByRoot, 0));
            await Reopen();
            Assert.Equal(round + 2, Store.Info.Boot);
        }
    });

    [Fact]
    public Task Permissions_are_those_of_posix() => Check(async () =>
    {
        await Fails(Errno.EACCES, Store.Create(ByUser, Top, N("x"), new NewObject { Mode = RegularFile }));
        await Fails(Errno.EEXIST, Store.Create(ByUser, Top, N("lost+found"), new NewObject { Mode = Directory }));
        var home = await Writable();
        var f = await MakeFile(home, "f", ByUser);
        Assert.Equal((1000u, 1000u), (f.Uid, f.Gid));
        await Fails(Errno.EACCES, Store.Remove(ByOther, home, N("f")));
        await Fails(Errno.EPERM, Store.SetAttributes(ByOther, f.Number, Mode(0x1FF)));
        await Fails(Errno.EPERM, Store.SetAttributes(ByUser, f.Number, new AttributeChange { Uid = 0 }));
        await Fails(Errno.EPERM, Store.SetAttributes(ByUser, f.Number, new AttributeChange { Gid = 3000 }));
        Assert.Equal(2000u, (await Ok(Store.SetAttributes(ByUser, f.Number, new AttributeChange { Gid = 2000 }))).Gid);
        await Fails(Errno.EACCES, Store.SetAttributes(ByOther, f.Number, new AttributeChange { Size = 0 }));
        await Fails(Errno.EACCES, Store.SetAttributes(ByOther, f.Number, new AttributeChange { SetModifyTime = true }));
        await Fails(Errno.EPERM, Store.SetAttributes(ByOther, f.Number, new AttributeChange { SetModifyTime = true, ModifyTime = new FileTime(1, 0) }));
        await Ok(Store.SetAttributes(ByOther, f.Number, new AttributeChange { Size = 0 }, isOpen: true));
        var sticky = await MakeDirectory(Top, "tmp", mode: 0x43FF);
        await MakeFile(sticky.Number, "mine", ByUser);
        await Fails(Errno.EPERM, Store.Remove(ByOther, sticky.Number, N("mine")));
        await Fails(Errno.EPERM, Store.Rename(ByOther, sticky.Number, N("mine"), sticky.Number, N("yours")));
        await Ok(Store.Remove(ByUser, sticky.Number, N("mine")));
        var locked = await MakeDirectory(Top, "locked", mode: 0x41C0);
        await Fails(Errno.EACCES, Store.Create(ByUser, locked.Number, N("x"), new NewObject { Mode = RegularFile }));
        var moved = await MakeDirectory(home, "moved", ByUser, 0x416D);
        await MakeDirectory(home, "to", ByUser);
        await Fails(Errno.EACCES, Store.Rename(ByUser, home, N("moved"), (await Ok(Store.Lookup(home, N("to")))).Number, N("moved")));
        Assert.Equal(0x416Du, moved.Mode);
    });

    [Fact]
    public Task Set_id_bits_come_and_go_as_on_linux() => Check(async () =>
    {
        var shared = await MakeDirectory(Top, "shared", mode: 0x45FF);
        await Ok(Store.SetAttributes(ByRoot, shared.Number, new AttributeChange { Gid = 3000 }));
        await Ok(Store.SetAttributes(ByRoot, shared.Number, Mode(0x5FF)));
        var sub = await MakeDirectory(shared.Number, "sub", ByUser);
        Assert.Equal((0x45EDu, 3000u), (sub.Mode, sub.Gid));
        var f = await MakeFile(shared.Number, "f", ByUser, 0x8DED);
        Assert.Equal((0x89EDu, 3000u), (f.Mode, f.Gid));
        f = await Ok(Store.SetAttributes(ByUser, f.Number, new AttributeChange { Gid = 1000 }));
        Assert.Equal(0x81EDu, f.Mode);
        f = await Ok(Store.SetAttributes(ByUser, f.Number, Mode(0xDED)));
        Assert.Equal(0x8DEDu, f.Mode);
        await Ok(Store.Write(ByUser, f.Number, 0, 0, N("x")));
        Assert.Equal(0x81EDu, (await Ok(Store.Get(f.Number))).Mode);
    });

    [Fact]
    public Task Attributes_change_as_asked_and_only_then() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        var changed = await Ok(Store.SetAttributes(ByRoot, f.Number, new AttributeChange
        {
            Uid = 5, Gid = 6, SetAccessTime = true, AccessTime = new FileTime(-5, 999_999_999), SetModifyTime = true, ModifyTime = new FileTime(4_102_444_800, 1),
        }));
        Assert.Equal((5u, 6u, -4_000_000_001L, 4_102_444_800_000_000_001L), (changed.Uid, changed.Gid, changed.AccessTime, changed.ModifyTime));
        Assert.Equal(changed, await Ok(Store.Get(f.Number)));
        await Fails(Errno.EBUSY, Store.SetAttributes(ByRoot, f.Number, Mode(0), guard: f.ChangeTime));
        changed = await Ok(Store.SetAttributes(ByRoot, f.Number, Mode(0x1FF), guard: changed.ChangeTime));
        Assert.Equal(changed, await Ok(Store.SetAttributes(ByRoot, f.Number, default)));
        await Fails(Errno.EISDIR, Store.SetAttributes(ByRoot, Top, new AttributeChange { Size = 1 }));
        await Fails(Errno.ESTALE, Store.SetAttributes(ByRoot, 12345, Mode(0)));
        var touched = await Ok(Store.SetAttributes(ByRoot, f.Number, new AttributeChange { TouchChangeTime = true }));
        Assert.True(touched.ChangeTime > changed.ChangeTime && touched.ModifyTime == changed.ModifyTime);
    });

    [Fact]
    public Task A_keyed_request_is_done_once() => Check(async () =>
    {
        var f = await Ok(Store.Create(Call("client-1/xid-7"), Top, N("f"), new NewObject { Mode = RegularFile }));
        Assert.Equal(f.Number, (await Ok(Store.Create(Call("client-1/xid-7"), Top, N("f"), new NewObject { Mode = RegularFile }))).Number);
        await Ok(Store.Remove(Call("client-1/xid-8"), Top, N("f")));
        Assert.False(Store.WasCalled(N("client-1/xid-8")));
        await Reopen();
        Assert.True(Store.WasCalled(N("client-1/xid-8")));
        Assert.False(Store.WasCalled(N("client-1/xid-9")));
        await MakeFile(Top, "f");
        Assert.Equal(f.Number, (await Ok(Store.Remove(Call("client-1/xid-8"), Top, N("f")))).Number);
        await Ok(Store.Lookup(Top, N("f")));
        await Ok(Store.Rename(Call("client-1/xid-9"), Top, N("f"), Top, N("g")));
        await Ok(Store.Rename(Call("client-1/xid-9"), Top, N("f"), Top, N("g")));
        var tooLong = new CatalogRequest(Credentials.Root.In(new CallIdentity(new byte[65])));
        await Fails(Errno.EINVAL, Store.Rename(tooLong, Top, N("g"), Top, N("h")));
    });

    [Fact]
    public Task A_call_of_several_changes_goes_on_where_it_was_cut_off() => Check(async () =>
    {
        var call = Call("client-2/xid-1");
        var made = await Ok(Store.Create(call, Top, N("f"), new NewObject { Mode = RegularFile }));
        await Reopen();

        // Its second change was never made.
        call = Call("client-2/xid-1");
        Assert.Equal(made.Number, (await Ok(Store.Create(call, Top, N("f"), new NewObject { Mode = RegularFile }))).Number);
        var changed = await Ok(Store.SetAttributes(call, made.Number, Mode(0x1C0)));
        Assert.NotEqual(made.Mode, changed.Mode);
        await Ok(Store.SetAttributes(ByRoot, made.Number, Mode(0x180)));

        // Both were.
        call = Call("client-2/xid-1");
        await Ok(Store.Create(call, Top, N("f"), new NewObject { Mode = RegularFile }));
        Assert.Equal(0x8180u, (await Ok(Store.SetAttributes(call, made.Number, Mode(0x1C0)))).Mode);

        // What it made is gone since: it made it all the same.
        await Ok(Store.Remove(ByRoot, Top, N("f")));
        await Ok(Store.Purge(ByRoot, 0));
        Assert.Equal(made.Number, (await Ok(Store.Create(Call("client-2/xid-1"), Top, N("f"), new NewObject { Mode = RegularFile }))).Number);
        await Fails(Errno.ENOENT, Store.Lookup(Top, N("f")));
    });

    [Fact]
    public Task Calls_are_forgotten_beyond_their_age_and_their_number() => Check(async () =>
    {
        await Reopen(new CatalogOptions { RequestCount = 10 });
        for (var i = 0; i < 30; i++)
            await Ok(Store.Create(Call($"client-3/xid-{i}"), Top, N($"f{i}"), new NewObject { Mode = RegularFile }));
        while (await Ok(Store.Maintain()))
        {
        }

        await Reopen(new CatalogOptions { RequestCount = 100 });
        Assert.False(Store.WasCalled(N("client-3/xid-19")));
        Assert.True(Store.WasCalled(N("client-3/xid-20")));
        await Fails(Errno.EEXIST, Store.Create(Call("client-3/xid-19"), Top, N("f19"), new NewObject { Mode = RegularFile }));
        await Ok(Store.Create(Call("client-3/xid-20"), Top, N("f20"), new NewObject { Mode = RegularFile }));
        await Reopen(new CatalogOptions { RequestAge = TimeSpan.Zero });
        Assert.False(Store.WasCalled(N("client-3/xid-20")));
        await Fails(Errno.EEXIST, Store.Create(Call("client-3/xid-20"), Top, N("f20"), new NewObject { Mode = RegularFile }));
    });

    [Fact]
    public Task Values_and_words_are_kept() => Check(async () =>
    {
        Assert.Null(await Ok(Store.GetMeta("exports")));
        await Ok(Store.SetMeta("exports", N("x")));
        await Fails(Errno.EEXIST, Store.SetMeta("exports", N("y"), isNew: true));
        Assert.Equal(N("x"), await Ok(Store.GetMeta("exports")));
        await Ok(Store.SetMeta("exports", null));
        Assert.Null(await Ok(Store.GetMeta("exports")));
        var word = await Ok(Store.Intern(N("sGroup")));
        Assert.Equal(word, await Ok(Store.Intern(N("sGroup"))));
        Assert.NotEqual(word, await Ok(Store.Intern(N("hsmType"))));
        await Reopen();
        Assert.Equal(N("sGroup"), await Ok(Store.Interned(word)));
        await Fails(Errno.ESTALE, Store.Interned(77_777_777));
    });

    /// <summary>Root in a call that comes again.</summary>
    private static CatalogRequest Call(string key) => new(Credentials.Root.In(new CallIdentity(N(key))));

    /// <summary>A directory everybody may write to.</summary>
    private async Task<long> Writable()
    {
        var d = await MakeDirectory(Top, "home");
        await Ok(Store.SetAttributes(ByRoot, d.Number, new AttributeChange { Uid = 1000, Gid = 1000 }));
        return d.Number;
    }

    private sealed class LateClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(2);
    }

    private sealed class FrozenClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
