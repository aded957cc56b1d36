using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Xunit;

namespace Pentode.Testing.Names;

/// <content>Content, levels, tags, facts, feeds.</content>
public abstract partial class CatalogConformance
{
    [Fact]
    public Task Content_is_read_back_at_any_offset() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        var model = new byte[5 << 20];
        var random = new Random(11);
        var size = 0;
        foreach (var level in (int[])[0, 3])
        {
            Array.Clear(model);
            size = 0;
            for (var i = 0; i < 60; i++)
            {
                var offset = i == 0 ? 0 : random.Next(model.Length - 200_000);
                var data = new byte[i == 1 ? 196_608 : random.Next(1, 100_000)];
                random.NextBytes(data);
                if (i % 7 == 6)
                {
                    size = random.Next(size);
                    Array.Clear(model, size, model.Length - size);
                    var cut = new AttributeChange { Size = (ulong)size };
                    if (level == 0)
                        await Ok(Store.SetAttributes(ByRoot, f.Number, cut));
                    else
                        await Ok(Store.SetLevelAttributes(ByRoot, f.Number, level, cut));
                    continue;
                }

                Assert.Equal(data.Length, await Ok(Store.Write(ByRoot, f.Number, level, offset, data)));
                data.CopyTo(model, offset);
                size = Math.Max(size, offset + data.Length);
            }

            var whole = await Content(f.Number, level, 6 << 20);
            Assert.True(model.AsSpan(0, size).SequenceEqual(whole));
            for (var i = 0; i < 20; i++)
            {
                var offset = random.Next(size);
                var buffer = new byte[random.Next(1, 150_000)];
                var count = await Ok(Store.Read(f.Number, level, offset, buffer));
                Assert.Equal(Math.Min(buffer.Length, size - offset), count);
                Assert.True(model.AsSpan(offset, count).SequenceEqual(buffer.AsSpan(0, count)));
            }
        }

        Assert.Equal(0, await Ok(Store.Read(f.Number, 0, 1 << 30, new byte[10])));
        await Ok(Store.Write(ByRoot, f.Number, 3, -1, N("end")));
        Assert.Equal(size + 3, (await Ok(Store.GetLevel(f.Number, 3))).Size);
        await Fails(Errno.EFBIG, Store.Write(ByRoot, f.Number, 0, 16 << 20, N("x")));
        await Fails(Errno.EISDIR, Store.Write(ByRoot, Top, 0, 0, N("x")));
        await Fails(Errno.EINVAL, Store.Write(ByRoot, f.Number, 8, 0, N("x")));
        await Fails(Errno.ENOENT, Store.Read(f.Number, 4, 0, new byte[1]));
    });

    [Fact]
    public Task A_recorded_size_is_not_content() => Check(async () =>
    {
        var f = await MakeFile(Top, "f", ByRoot);
        var big = await Ok(Store.SetRecordedSize(ByRoot, f.Number, 1L << 40));
        Assert.Equal((1L << 40, 0L), (big.Size, big.StoredBytes));
        await Fails(Errno.EEXIST, Store.SetRecordedSize(ByRoot, f.Number, 5));
        await Fails(Errno.EPERM, Store.SetRecordedSize(ByUser, f.Number, 0));
        Assert.Equal(0, (await Ok(Store.SetRecordedSize(ByRoot, f.Number, 0))).Size);
        Assert.Equal(1L << 40, (await Ok(Store.SetRecordedSize(ByRoot, f.Number, 1L << 40))).Size);
        Assert.Equal(1L << 40, (await Ok(Store.GetStatistics())).RecordedBytes);
        var buffer = new byte[10];
        buffer.AsSpan().Fill(1);
        Assert.Equal(10, await Ok(Store.Read(f.Number, 0, 1L << 39, buffer)));
        Assert.Equal(new byte[10], buffer);
    });

    [Fact]
    public Task Levels_are_files_of_their_own() => Check(async () =>
    {
        var f = await MakeFile(Top, "f", mode: 0x8180);
        await Fails(Errno.ENOENT, Store.GetLevel(f.Number, 1));
        var one = await Ok(Store.CreateLevel(ByRoot, f.Number, 1, 0x1A4));
        Assert.Equal((0x180u, 0L), (one.Mode, one.Size));
        await Fails(Errno.EEXIST, Store.CreateLevel(ByRoot, f.Number, 1, 0x1A4));
        await Ok(Store.Write(ByRoot, f.Number, 4, 0, N("volume")));
        Assert.Equal((0x1A4u, 6L), ((await Ok(Store.GetLevel(f.Number, 4))).Mode, (await Ok(Store.GetLevel(f.Number, 4))).Size));
        await Ok(Store.SetAttributes(ByRoot, f.Number, new AttributeChange { Mode = 0x1B0, Uid = 1000 }));
        Assert.Equal((0x1B0u, 1000u), ((await Ok(Store.GetLevel(f.Number, 1))).Mode, (await Ok(Store.GetLevel(f.Number, 1))).Uid));
        Assert.Equal(0u, (await Ok(Store.GetLevel(f.Number, 4))).Uid);
        await Ok(Store.SetLevelAttributes(ByRoot, f.Number, 4, Mode(0x124)));
        Assert.Equal([(1, 0x1B0u), (4, 0x124u)], (await Ok(Store.ListLevels(f.Number))).Select(l => (l.Level, l.Mode)));
        await Fails(Errno.EACCES, Store.RemoveLevel(ByOther, f.Number, 4));
        await Ok(Store.RemoveLevel(ByRoot, f.Number, 4));
        await Fails(Errno.ENOENT, Store.RemoveLevel(ByRoot, f.Number, 4));
        await Ok(Store.Get(f.Number));
        Assert.Empty(await Ok(Store.ListReclaim(0, 10)));
        Assert.Empty(await Ok(Store.ListTrash(0, 10)));
        await Fails(Errno.EISDIR, Store.CreateLevel(ByRoot, Top, 1, 0));
    });

    [Fact]
    public Task Tags_are_inherited_branched_and_brought_back() => Check(async () =>
    {
        var a = await MakeDirectory(Top, "a");
        await SetTag(a.Number, "t", "1");
        var b = await MakeDirectory(a.Number, "b");
        var c = await MakeDirectory(b.Number, "c");
        Assert.Equal(("t=1+", "t=1", "t=1"), (await Tags(a.Number), await Tags(b.Number), await Tags(c.Number)));

        // A later tag of the parent is not seen by directories that were there.
        await SetTag(a.Number, "late", "x");
        var b2 = await MakeDirectory(a.Number, "b2");
        Assert.Equal(("t=1", "late=x t=1"), (await Tags(b.Number), await Tags(b2.Number)));

        // Writing the super tag shows everywhere; writing an inherited tag branches.
        await SetTag(a.Number, "t", "2");
        Assert.Equal("t=2", await Tags(c.Number));
        await Ok(Store.WriteTag(ByRoot, b.Number, N("t"), -1, N("3")));
        Assert.Equal(("t=2+", "t=3~", "t=3", "t=2"), ((await Tags(a.Number)).Split(' ')[1], await Tags(b.Number), await Tags(c.Number), (await Tags(b2.Number)).Split(' ')[1]));

        // Removing: inherited nothing, pseudo-primary brings the old one back, primary invalidates.
        await Ok(Store.RemoveTag(ByRoot, c.Number, N("t")));
        Assert.Equal("t=3", await Tags(c.Number));
        await Ok(Store.RemoveTag(ByRoot, b.Number, N("t")));
        Assert.Equal(("t=2", "t=2"), (await Tags(b.Number), await Tags(c.Number)));
        await Ok(Store.RemoveTag(ByRoot, a.Number, N("t")));
        Assert.Equal(("t=!", "t=!"), (await Tags(b.Number), await Tags(c.Number)));
        await Fails(Errno.ENOENT, Store.WriteTag(ByRoot, c.Number, N("t"), -1, N("9")));
        await SetTag(a.Number, "t", "5");
        Assert.Equal("t=5", await Tags(c.Number));
        await Fails(Errno.ENOENT, Store.RemoveTag(ByRoot, a.Number, N("none")));
    });

    [Fact]
    public Task Moved_directories_keep_what_they_inherit_even_when_the_source_goes() => Check(async () =>
    {
        var x = await MakeDirectory(Top, "x");
        await SetTag(x.Number, "t", "x");
        await SetTag(Top, "late", "no");
        var a = await MakeDirectory(x.Number, "a");
        await Ok(Store.Rename(ByRoot, x.Number, N("a"), Top, N("a")));
        Assert.Equal("t=x", await Tags(a.Number));
        await SetTag(x.Number, "t", "y");
        await SetTag(x.Number, "unseen", "z");
        Assert.Equal("t=y", await Tags(a.Number));
        var below = await MakeDirectory(a.Number, "below");
        await Ok(Store.RemoveDirectory(ByRoot, Top, N("x")));
        Assert.Equal(("t=y~", "t=y"), (await Tags(a.Number), await Tags(below.Number)));
        await Ok(Store.Rename(ByRoot, a.Number, N("below"), Top, N("below")));
        await Ok(Store.Rename(ByRoot, Top, N("below"), Top, N("a")));
        Assert.Equal("t=y~", await Tags(below.Number));
    });

    [Fact]
    public Task Tags_have_owners_limits_and_offsets() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        await Fails(Errno.EACCES, Store.CreateTag(ByUser, d.Number, N("t"), 0x1A4));
        await SetTag(d.Number, "t", "hello");
        await Fails(Errno.EEXIST, Store.CreateTag(ByRoot, d.Number, N("t"), 0x1A4));
        await Fails(Errno.EACCES, Store.WriteTag(ByUser, d.Number, N("t"), -1, N("x")));
        await Ok(Store.SetTagAttributes(ByRoot, d.Number, N("t"), new AttributeChange { Mode = 0x1B6, Uid = 1000 }));
        await Ok(Store.WriteTag(ByOther, d.Number, N("t"), 5, N(" world")));
        await Ok(Store.WriteTag(ByUser, d.Number, N("t"), 0, N("J")));
        Assert.Equal("t=Jello world+", await Tags(d.Number));
        await Ok(Store.SetTagAttributes(ByUser, d.Number, N("t"), new AttributeChange { Size = 5 }));
        Assert.Equal("t=Jello+", await Tags(d.Number));
        await Ok(Store.WriteTag(ByUser, d.Number, N("t"), -1, new byte[512]));
        await Fails(Errno.EFBIG, Store.WriteTag(ByUser, d.Number, N("t"), 512, N("x")));
        await Fails(Errno.EFBIG, Store.WriteTag(ByUser, d.Number, N("t"), -1, new byte[513]));
        await Fails(Errno.ENAMETOOLONG, Store.CreateTag(ByRoot, d.Number, N(new string('t', 63)), 0x1A4));
        await Fails(Errno.ENOTDIR, Store.CreateTag(ByRoot, (await MakeFile(d.Number, "f")).Number, N("t"), 0x1A4));
        await Fails(Errno.ENOENT, Store.GetTag(d.Number, N("no")));
        var sub = await MakeDirectory(d.Number, "sub");
        var branched = await Ok(Store.SetTagAttributes(ByUser, sub.Number, N("t"), Mode(0x180)));
        Assert.Equal((false, false, 0x180u, 512), (branched.IsInherited, branched.IsPrimary, branched.Mode, branched.Value.Length));
        Assert.Equal(0x1B6u, (await Ok(Store.GetTag(d.Number, N("t")))).Mode);
    });

    [Fact]
    public Task Facts_about_files_are_kept() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        await Ok(Store.SetAttributes(ByRoot, f.Number, new AttributeChange { Uid = 1000 }));
        Assert.True((await Ok(Store.SetIo(ByUser, f.Number, true))).IsIoEnabled);
        await Fails(Errno.EPERM, Store.SetIo(ByOther, f.Number, false));
        await Fails(Errno.EISDIR, Store.SetIo(ByRoot, Top, true));
        Assert.False((await Ok(Store.SetIo(ByUser, f.Number, false))).IsIoEnabled);
        var stored = await Ok(Store.SetStorage(ByRoot, f.Number, CatalogState.Nearline, 2, 3));
        Assert.Equal((CatalogState.Nearline, 2, 3), (stored.State, stored.AccessLatency, stored.RetentionPolicy));
        await Ok(Store.SetLocation(ByUser, f.Number, new CatalogLocation(0, "osm://host/?store=a", 5, 1, 0)));
        await Ok(Store.SetLocation(ByUser, f.Number, new CatalogLocation(1, "pool1", 1, 1, 7)));
        await Ok(Store.SetLocation(ByUser, f.Number, new CatalogLocation(1, "pool1", 9, 0, 8)));
        Assert.Equal([("osm://host/?store=a", 5), ("pool1", 9)], (await Ok(Store.ListLocations(f.Number))).Select(l => (l.Uri, l.Priority)));
        await Ok(Store.RemoveLocation(ByUser, f.Number, 1, "pool1"));
        await Fails(Errno.ENOENT, Store.RemoveLocation(ByUser, f.Number, 1, "pool1"));
        await Ok(Store.SetChecksum(ByUser, f.Number, new CatalogChecksum("ADLER32", "00000001")));
        await Fails(Errno.EPERM, Store.SetChecksum(ByUser, f.Number, new CatalogChecksum("ADLER32", "00000002")));
        await Ok(Store.SetChecksum(ByRoot, f.Number, new CatalogChecksum("ADLER32", "00000002")));
        Assert.Equal([new CatalogChecksum("ADLER32", "00000002")], await Ok(Store.ListChecksums(f.Number)));
        await Ok(Store.RemoveChecksum(ByRoot, f.Number, "ADLER32"));
        var pin = await Ok(Store.SetPin(ByUser, f.Number, "r", null));
        await Ok(Store.SetPinState(ByRoot, f.Number, pin.Id, 1));
        Assert.Equal([pin with { State = 1 }], await Ok(Store.ListPins(f.Number)));
        await Ok(Store.RemovePins(ByUser, f.Number, null));
        Assert.Empty(await Ok(Store.ListPins(f.Number)));
        await Ok(Store.SetPin(ByUser, f.Number, "old", 1));
        Assert.Empty(await Ok(Store.ListPins(f.Number)));
        await Ok(Store.SetLabel(ByUser, f.Number, "raw", true));
        Assert.Equal(["raw"], await Ok(Store.ListAllLabels()));
        Assert.Equal([f.Number], (await Ok(Store.ListLabelled("raw", 0, 10))).Entries.Select(e => e.Inode.Number));
        await Ok(Store.SetLabel(ByUser, f.Number, "raw", false));
        Assert.Empty(await Ok(Store.ListLabels(f.Number)));
    });

    [Fact]
    public Task Extended_attributes_are_kept() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        await Fails(Errno.ENODATA, Store.GetExtendedAttribute(f.Number, N("user.a")));
        await Ok(Store.SetExtendedAttribute(ByRoot, f.Number, N("user.a"), N("1"), 0));
        await Ok(Store.SetExtendedAttribute(ByRoot, f.Number, N("user.empty"), ReadOnlyMemory<byte>.Empty, 1));
        await Fails(Errno.EEXIST, Store.SetExtendedAttribute(ByRoot, f.Number, N("user.a"), N("2"), 1));
        await Fails(Errno.ENODATA, Store.SetExtendedAttribute(ByRoot, f.Number, N("user.b"), N("2"), 2));
        Assert.Equal(N("1"), await Ok(Store.GetExtendedAttribute(f.Number, N("user.a"))));
        Assert.Empty(await Ok(Store.GetExtendedAttribute(f.Number, N("user.empty"))));
        Assert.Equal([N("user.a"), N("user.empty")], await Ok(Store.ListExtendedAttributes(f.Number)));
        await Fails(Errno.E2BIG, Store.SetExtendedAttribute(ByRoot, f.Number, N("user.big"), new byte[65537], 0));
        for (var i = 0; i < 3; i++)
            await Ok(Store.SetExtendedAttribute(ByRoot, f.Number, N("user.big" + i), new byte[65536], 0));
        await Fails(Errno.ENOSPC, Store.SetExtendedAttribute(ByRoot, f.Number, N("user.big4"), new byte[65536], 0));
        await Ok(Store.SetExtendedAttribute(ByRoot, f.Number, N("user.a"), null, 0));
        await Fails(Errno.ENODATA, Store.SetExtendedAttribute(ByRoot, f.Number, N("user.a"), null, 0));
    });

    [Fact]
    public Task Quotas_hold_a_tree_back() => Check(async () =>
    {
        var d = await MakeDirectory(Top, "d");
        var sub = await MakeDirectory(d.Number, "sub");
        var f = await MakeFile(sub.Number, "f");
        await Ok(Store.Write(ByRoot, f.Number, 0, 0, new byte[100]));
        await Fails(Errno.EPERM, Store.SetQuota(ByUser, d.Number, 1, 1));
        await Ok(Store.SetQuota(ByRoot, d.Number, 3, 150));
        Assert.Equal(new CatalogQuota(d.Number, 3, 150, 2, 100), await Ok(Store.GetQuota(d.Number)));
        var g = await MakeFile(sub.Number, "g");
        await Fails(Errno.EDQUOT, Store.Create(ByRoot, d.Number, N("h"), new NewObject { Mode = RegularFile }));
        await Fails(Errno.EDQUOT, Store.Write(ByRoot, g.Number, 0, 0, new byte[51]));
        await Ok(Store.Write(ByRoot, g.Number, 0, 0, new byte[50]));
        await Fails(Errno.EDQUOT, Store.SetAttributes(ByRoot, f.Number, new AttributeChange { Size = 101 }));
        await Fails(Errno.EXDEV, Store.Rename(ByRoot, sub.Number, N("g"), Top, N("g")));
        await Fails(Errno.EXDEV, Store.Link(ByRoot, f.Number, Top, N("f")));
        await Ok(Store.Rename(ByRoot, Top, N("d"), Top, N("e")));
        await Ok(Store.Remove(ByRoot, sub.Number, N("g")));
        Assert.Equal(new CatalogQuota(d.Number, 3, 150, 2, 100), await Ok(Store.GetQuota(d.Number)));
        var x = await MakeFile(sub.Number, "x");
        await Ok(Store.Remove(ByRoot, sub.Number, N("x")));
        await MakeFile(sub.Number, "y");
        var item = (await Ok(Store.ListTrash(0, 100))).First(i => i.Inode.Number == x.Number);
        await Fails(Errno.EDQUOT, Store.Restore(ByRoot, item.Sequence, null, default));
        await Ok(Store.Remove(ByRoot, sub.Number, N("y")));
        await Ok(Store.SetQuota(ByRoot, sub.Number, 0, 0));
        Assert.Equal((0L, 1L), ((await Ok(Store.GetQuota(d.Number))).Files, (await Ok(Store.GetQuota(sub.Number))).Files));
        await Ok(Store.SetQuota(ByRoot, sub.Number, null, null));
        Assert.Equal((2L, 100L), ((await Ok(Store.GetQuota(d.Number))).Files, (await Ok(Store.GetQuota(d.Number))).Bytes));
        Assert.Single(await Ok(Store.ListQuotas()));
        await Ok(Store.SetQuota(ByRoot, d.Number, null, null));
        await Fails(Errno.ENOENT, Store.GetQuota(d.Number));
        await Ok(Store.Rename(ByRoot, sub.Number, N("f"), Top, N("f")));
    });

    [Fact]
    public Task Removed_files_come_back_until_they_are_purged() => Check(async () =>
    {
        var f = await MakeFile(Top, "f");
        await Ok(Store.Write(ByRoot, f.Number, 0, 0, N("data")));
        await Ok(Store.Write(ByRoot, f.Number, 1, 0, N("bfid")));
        await Ok(Store.SetLocation(ByRoot, f.Number, new CatalogLocation(0, "tape://x", 0, 1, 0)));
        await Ok(Store.SetIo(ByRoot, f.Number, true));
        await Ok(Store.Link(ByRoot, f.Number, Top, N("g")));
        await Ok(Store.Remove(ByRoot, Top, N("f")));
        Assert.Empty(await Ok(Store.ListTrash(0, 10)));
        await Ok(Store.Remove(ByRoot, Top, N("g")));
        var item = Assert.Single(await Ok(Store.ListTrash(0, 10)));
        Assert.Equal((f.Number, Top, "g"), (item.Inode.Number, item.Parent, System.Text.Encoding.UTF8.GetString(item.Name)));
        Assert.Empty(await Ok(Store.ListReclaim(0, 10)));
        Assert.False(await Ok(Store.Maintain()));
        await Fails(Errno.EPERM, Store.Restore(ByUser, item.Sequence, null, default));
        var back = await Ok(Store.Restore(ByRoot, item.Sequence, null, N("h")));
        Assert.Equal((f.Number, f.Pid, 1L, true), (back.Number, back.Pid, back.LinkCount, back.IsIoEnabled));
        Assert.Equal(N("data"), await Content(f.Number, 0));
        Assert.Equal(N("bfid"), await Content(f.Number, 1));
        await Fails(Errno.ENOENT, Store.Restore(ByRoot, item.Sequence, null, default));

        await Ok(Store.Remove(ByRoot, Top, N("h")));
        Assert.Equal(1, await Ok(Store.Purge(ByRoot, 0)));
        Assert.Empty(await Ok(Store.ListTrash(0, 10)));
        var reclaim = await Ok(Store.ListReclaim(0, 10));
        Assert.Equal([(0, 1, "bfid"), (1, 0, "tape://x"), (2, 0, "")], reclaim.Select(r => (r.Kind, r.Slot, System.Text.Encoding.UTF8.GetString(r.Body))));
        Assert.All(reclaim, r => Assert.Equal(f.Pid, r.Pid));
        await Ok(Store.RemoveReclaim(reclaim[0].Sequence));
        Assert.Equal(2, (await Ok(Store.ListReclaim(0, 10))).Count);
        Assert.Equal((2L, 0L), ((await Ok(Store.GetStatistics())).Objects, (await Ok(Store.GetStatistics())).Trash));
    });

    [Fact]
    public Task Trash_ends_after_its_grace() => Check(async () =>
    {
        var number = (await MakeFile(Top, "f")).Number;
        await Ok(Store.Remove(ByRoot, Top, N("f")));
        Assert.Single(await Ok(Store.ListTrash(0, 10)));
        Store.Hold(number);
        await Ok(Store.Maintain());
        Assert.Empty(await Ok(Store.ListTrash(0, 10)));
        await Ok(Store.Get(number));
        await Store.Release(number);
        await Fails(Errno.ESTALE, Store.Get(number));
    }, new CatalogOptions { TrashGrace = TimeSpan.FromTicks(1), Clock = new RacingClock() });

    [Fact]
    public Task Events_tell_every_change_in_order() => Check(async () =>
    {
        var start = (await Ok(Store.GetStatistics())).LastEvent;
        var waiting = Store.WaitForEvents(start, TestContext.Current.CancellationToken).AsTask();
        var d = await MakeDirectory(Top, "d");
        await waiting;
        var f = await MakeFile(d.Number, "f", ByRoot);
        await Ok(Store.Rename(ByRoot, d.Number, N("f"), Top, N("g")));
        await Ok(Store.Link(ByRoot, f.Number, d.Number, N("h")));
        await Ok(Store.Remove(ByRoot, Top, N("g")));
        await Ok(Store.Remove(ByRoot, d.Number, N("h")));
        var failed = await Store.Remove(ByRoot, d.Number, N("h"));
        Assert.Equal(Errno.ENOENT, failed.Error);
        var events = await Ok(Store.ListEvents(start, 100));
        Assert.Equal(
            [(CatalogEventKind.Created, "d"), (CatalogEventKind.Created, "f"), (CatalogEventKind.Renamed, "g"), (CatalogEventKind.Linked, "h"), (CatalogEventKind.Unlinked, "g"), (CatalogEventKind.Removed, "h")],
            events.Select(e => (e.Kind, System.Text.Encoding.UTF8.GetString(e.Name))));
        Assert.Equal(events.Select(e => e.Sequence).Order(), events.Select(e => e.Sequence));
        Assert.Equal((f.Pid, d.Pid), (events[1].Pid, events[1].Parent));
        Assert.Equal($"{d.Pid}/f", System.Text.Encoding.UTF8.GetString(events[2].Info));
        Assert.Equal(2, (await Ok(Store.ListEvents(events[1].Sequence, 2))).Count);
        using var cancel = new CancellationTokenSource();
        var idle = Store.WaitForEvents(events[^1].Sequence, cancel.Token).AsTask();
        Assert.False(idle.IsCompleted);
        await cancel.CancelAsync();
        await idle;
    });

    private sealed class RacingClock : TimeProvider
    {
        private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

        public override DateTimeOffset GetUtcNow() => new(Interlocked.Add(ref _ticks, TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }
}
