using Pentode.Files.Host;
using Pentode.Files.Memory;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>NFSv3 procedures on a tree in memory, and where it matters on a directory of the host.</summary>
public sealed class Nfs3Tests
{
    private const uint Permission = 1, NoEntry = 2, Access = 13, Exist = 17, NotDirectory = 20, IsDirectory = 21, Invalid = 22, TooLong = 63, NotEmpty = 66, NotSync = 10002,
        BadCookie = 10003, TooSmall = 10005, BadType = 10007;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Every_change_tells_what_was_before_and_after(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var at = c.Stat(c.Root);
        at = Check(c, at, c.V3(8, new Xdr().Opaque(c.Root).Text("f").U32(1).Add(Xdr.Change3(0x1A4))), made: true);
        at = Check(c, at, c.V3(9, new Xdr().Opaque(c.Root).Text("d").Add(Xdr.Change3(0x1ED))), made: true);
        at = Check(c, at, c.V3(10, new Xdr().Opaque(c.Root).Text("l").Add(Xdr.Change3()).Text("f")), made: true);
        at = Check(c, at, c.V3(11, new Xdr().Opaque(c.Root).Text("p").U32(7).Add(Xdr.Change3(0x1A4))), made: true);
        at = Check(c, at, c.V3(12, new Xdr().Opaque(c.Root).Text("p")));
        at = Check(c, at, c.V3(13, new Xdr().Opaque(c.Root).Text("d")));
        // Failures too.
        at = Check(c, at, c.V3(12, new Xdr().Opaque(c.Root).Text("p")), status: NoEntry);
        at = Check(c, at, c.V3(13, new Xdr().Opaque(c.Root).Text("f")), status: NotDirectory);
        at = Check(c, at, c.V3(8, new Xdr().Opaque(c.Root).Text("f").U32(1).Add(Xdr.Change3(0x1A4))), status: Exist);
        at = Check(c, at, c.V3(9, new Xdr().Opaque(c.Root).Text("f").Add(Xdr.Change3())), status: Exist);
        at = Check(c, at, c.V3(11, new Xdr().Opaque(c.Root).Text("x").U32(1)), status: BadType);

        var rename = c.V3(14, new Xdr().Opaque(c.Root).Text("f").Opaque(c.Root).Text("g"));
        Assert.Equal(0u, rename.U32());
        var (before, after) = rename.Wcc();
        Assert.Equal((at.Size, at.Modify, at.Change), before);
        Assert.Equal((before, after), rename.Wcc());
        rename.End();
        var file = c.Lookup(c.Root, "g").Handle;
        at = c.Stat(c.Root);
        var link = c.V3(15, new Xdr().Opaque(file).Opaque(c.Root).Text("h"));
        Assert.Equal(0u, link.U32());
        Assert.Equal(2u, link.Post()!.Links);
        Assert.Equal((at.Size, at.Modify, at.Change), link.Wcc().Before);

        var one = c.Stat(file);
        one = Check(c, one, c.V3(7, new Xdr().Opaque(file).U64(0).U32(3, 2).Opaque([1, 2, 3])), of: file);
        one = Check(c, one, c.V3(21, new Xdr().Opaque(file).U64(0).U32(0)), of: file);
        one = Check(c, one, c.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x180, size: 1)).U32(0)), of: file);
        Assert.Equal((0x180u, 1ul), (one.Mode, one.Size));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_write_says_how_durable_it_is_and_the_verifier_stays(string engine)
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost(engine, HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f");
        var verifiers = new HashSet<ulong>();
        for (var stable = 0u; stable <= 2; stable++)
        {
            var reply = c.V3(7, new Xdr().Opaque(file).U64(stable * 4).U32(4, stable).Opaque([1, 2, 3, (byte)stable]));
            Assert.Equal(0u, reply.U32());
            _ = reply.Wcc();
            Assert.Equal((4u, stable), (reply.U32(), reply.U32()));
            verifiers.Add(reply.U64());
            reply.End();
        }

        var commit = c.V3(21, new Xdr().Opaque(file).U64(0).U32(0));
        Assert.Equal(0u, commit.U32());
        _ = commit.Wcc();
        verifiers.Add(commit.U64());
        Assert.Single(verifiers);
        Assert.Equal([1, 2, 3, 0, 1, 2, 3, 1, 1, 2, 3, 2], File.ReadAllBytes(files["f"]));
        // The count is not that of the data; beyond every file; nothing.
        Assert.Equal(Invalid, c.V3(7, new Xdr().Opaque(file).U64(0).U32(5, 0).Opaque([1])).U32());
        Assert.Equal(27u, c.V3(7, new Xdr().Opaque(file).U64(ulong.MaxValue).U32(1, 0).Opaque([1])).U32());
        Assert.Equal(0u, c.Write(file, 5, []));
        Assert.Equal(IsDirectory, c.Write(c.Root, 0, [1]));
        Assert.Equal(IsDirectory, c.V3(21, new Xdr().Opaque(c.Root).U64(0).U32(0)).U32());

        await using var other = new NfsHost(engine, HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var d = other.Mounted();
        var again = d.V3(21, new Xdr().Opaque(file).U64(0).U32(0));
        _ = (again.U32(), again.Wcc());
        Assert.DoesNotContain(again.U64(), verifiers);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Large_transfers_come_through_whole_and_the_end_is_told(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f");
        var data = new byte[(1 << 20) + 5];
        new Random(1).NextBytes(data);
        Assert.Equal(0u, c.Write(file, 0, data[..(1 << 20)]));
        Assert.Equal(0u, c.Write(file, 1 << 20, data[(1 << 20)..]));
        var read = c.Read(file, 0, 1 << 20);
        Assert.True(!read.IsEnd && read.Data.AsSpan().SequenceEqual(data.AsSpan(0, 1 << 20)));
        // More than there may be is cut, a tail of any length padded.
        Assert.Equal(1 << 20, c.Read(file, 0, uint.MaxValue).Data.Length);
        for (var tail = 0u; tail < 9; tail++)
        {
            read = c.Read(file, (ulong)data.Length - tail, 100);
            Assert.True(read.IsEnd && read.Data.AsSpan().SequenceEqual(data.AsSpan(data.Length - (int)tail)));
        }

        Assert.Equal((0u, 0, true), (c.Read(file, ulong.MaxValue, 100) is var far ? far.Status : 1, far.Data.Length, far.IsEnd));
        Assert.False(c.Read(file, 0, 0).IsEnd);
        Assert.Equal(IsDirectory, c.Read(c.Root, 0, 1).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exclusive_create_is_done_once_for_each_verifier(bool onHost)
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("portable", onHost ? HostTree.Open(files.Path, new HostTreeOptions()).Value : null);
        using var c = host.Mounted();
        Xdr Exclusive(ulong verifier) => new Xdr().Opaque(c.Root).Text("f").U32(2).U64(verifier);
        var first = c.V3(8, Exclusive(0xFEDCBA9876543210));
        Assert.Equal(0u, first.U32());
        var handle = first.PostHandle()!;
        // The same again under another number, as after a lost connection.
        var second = c.V3(8, Exclusive(0xFEDCBA9876543210));
        Assert.Equal(0u, second.U32());
        Assert.Equal(handle, second.PostHandle());
        var other = c.V3(8, Exclusive(0xFEDCBA9876543211));
        Assert.Equal(Exist, other.U32());
        Assert.NotNull(other.Wcc().Before);
        Assert.Equal(0u, c.V3(2, new Xdr().Opaque(handle).Add(Xdr.Change3(0x1A4, atime: 1, mtime: 1)).U32(0)).U32());
        Assert.Equal(0x1A4u, c.Stat(handle).Mode);
        Assert.Equal(0u, c.Write(handle, 0, [1]));
        Assert.Equal(Exist, c.V3(8, Exclusive(0xFEDCBA9876543210)).U32());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task An_unchecked_create_takes_what_is_there_and_sets_only_its_size(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f", 0x180);
        c.Write(file, 0, [1, 2, 3]);
        var again = c.V3(8, new Xdr().Opaque(c.Root).Text("f").U32(0).Add(Xdr.Change3(0x1FF)));
        Assert.Equal(0u, again.U32());
        Assert.Equal(file, again.PostHandle());
        Assert.Equal((0x180u, 3ul), (c.Stat(file).Mode, c.Stat(file).Size));
        Assert.Equal(0u, c.V3(8, new Xdr().Opaque(c.Root).Text("f").U32(0).Add(Xdr.Change3(0x1FF, size: 0))).U32());
        Assert.Equal(0ul, c.Stat(file).Size);
        c.MakeDirectory(c.Root, "d");
        Assert.Equal(Exist, c.V3(8, new Xdr().Opaque(c.Root).Text("d").U32(0).Add(Xdr.Change3())).U32());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Names_that_cannot_be_are_refused_each_in_its_way(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f");
        foreach (var (name, create, remove, removeDirectory, rename) in new[]
        {
            (".", Exist, Invalid, Invalid, Invalid), ("..", Exist, IsDirectory, Exist, Invalid), ("", Invalid, Invalid, Invalid, Invalid),
            ("a/b", Invalid, Invalid, Invalid, Invalid), ("a\0b", Invalid, Invalid, Invalid, Invalid), (new string('x', 256), TooLong, TooLong, TooLong, TooLong),
        })
        {
            var entry = new Xdr().Opaque(c.Root).Text(name);
            Assert.Equal(create, c.V3(8, new Xdr().Add(entry).U32(0).Add(Xdr.Change3())).U32());
            Assert.Equal(create, c.V3(9, new Xdr().Add(entry).Add(Xdr.Change3())).U32());
            Assert.Equal(create, c.V3(10, new Xdr().Add(entry).Add(Xdr.Change3()).Text("t")).U32());
            Assert.Equal(create, c.V3(11, new Xdr().Add(entry).U32(7).Add(Xdr.Change3())).U32());
            Assert.Equal(create, c.V3(15, new Xdr().Opaque(file).Add(entry)).U32());
            Assert.Equal(remove, c.V3(12, entry).U32());
            Assert.Equal(removeDirectory, c.V3(13, entry).U32());
            Assert.Equal(rename, c.V3(14, new Xdr().Opaque(c.Root).Text("f").Add(entry)).U32());
            Assert.Equal(rename, c.V3(14, new Xdr().Add(entry).Opaque(c.Root).Text("g")).U32());
        }

        Assert.Equal(c.Root, c.Lookup(c.Root, ".").Handle);
        Assert.Equal(c.Root, c.Lookup(c.Root, "..").Handle);
        Assert.Equal(TooLong, c.Lookup(c.Root, new string('x', 256)).Status);
        Assert.Equal(NotDirectory, c.Lookup(file, "x").Status);
        Assert.Equal(0u, c.V3(8, new Xdr().Opaque(c.Root).Text(new string('x', 255)).U32(1).Add(Xdr.Change3())).U32());
        Assert.Equal(NotEmpty, Full());
        uint Full()
        {
            var directory = c.MakeDirectory(c.Root, "full");
            c.Create(directory, "x");
            return c.V3(13, new Xdr().Opaque(c.Root).Text("full")).U32();
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_guard_that_does_not_hold_changes_nothing(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f");
        var at = c.Stat(file);
        Assert.Equal(NotSync, c.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x1FF)).U32(1, at.Change.Seconds + 1, 0)).U32());
        Assert.Equal(0x1A4u, c.Stat(file).Mode);
        Assert.Equal(0u, c.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x1FF)).U32(1, at.Change.Seconds, at.Change.Nanoseconds)).U32());
        Assert.Equal(0x1FFu, c.Stat(file).Mode);
        Assert.Equal(IsDirectory, c.V3(2, new Xdr().Opaque(c.Root).Add(Xdr.Change3(size: 1)).U32(0)).U32());
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task Listings_in_pages_of_any_size_show_every_entry_once(bool isPlus, bool onHost)
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("portable", onHost ? HostTree.Open(files.Path, new HostTreeOptions()).Value : new MemoryTree(rootMode: 0x1FF));
        using var c = host.Mounted();
        var directory = c.MakeDirectory(c.Root, "d");
        var names = Enumerable.Range(0, 300).Select(i => new string('n', 1 + (i % 60)) + i).ToHashSet();
        foreach (var name in names)
            c.Create(directory, name);
        foreach (var count in new uint[] { 400, 512, 4096, 1 << 20 })
        {
            var seen = List(c, directory, isPlus, count, null);
            Assert.Equal(302, seen.Count);
            Assert.Equal(names.Order(), seen.Where(n => n is not "." and not "..").Order());
        }

        // Entries removed behind and before the reader: the others are still seen once.
        var removed = new HashSet<string>();
        var rest = List(c, directory, isPlus, 1024, shown =>
        {
            foreach (var name in shown.Where(n => n is not "." and not "..").Take(2).Concat(names.Except(removed).Take(1)).ToList())
            {
                if (removed.Add(name))
                    c.Remove(directory, name);
            }
        });
        Assert.Equal(rest.Count, rest.Distinct().Count());
        Assert.Empty(names.Except(removed).Except(rest));
        Assert.Equal(TooSmall, c.V3(isPlus ? 17u : 16, Page(directory, isPlus, 0, 110)).U32());
        Assert.Equal(TooSmall, c.V3(isPlus ? 17u : 16, Page(directory, isPlus, 0, 50)).U32());
        Assert.Equal(BadCookie, c.V3(isPlus ? 17u : 16, Page(directory, isPlus, ulong.MaxValue, 4096)).U32());
        Assert.Equal(NotDirectory, c.V3(isPlus ? 17u : 16, Page(c.Create(c.Root, "f"), isPlus, 0, 4096)).U32());
    }

    [Fact]
    public async Task A_listing_with_attributes_gives_handles_that_work_to_who_may_search()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the server acts as several users");
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("portable", HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var c = host.Mounted();
        Assert.Equal(0u, c.V3(2, new Xdr().Opaque(c.Root).Add(Xdr.Change3(0x1FF)).U32(0)).U32());
        var directory = c.MakeDirectory(c.Root, "d", 0x1E4);
        var file = c.Create(directory, "f");
        var entries = Entries(c.V3(17, Page(directory, true, 0, 4096)), true).Entries;
        Assert.Equal(file, entries.Single(e => e.Name == "f").Handle);
        Assert.Equal(c.Stat(file), entries.Single(e => e.Name == "f").Attributes);
        Assert.Equal(directory, entries.Single(e => e.Name == ".").Handle);
        // Mode 0744: others see names, and no more.
        using var other = host.Connect(uid: 1000);
        Assert.All(Entries(other.V3(17, Page(directory, true, 0, 4096)), true).Entries, e => Assert.True(e is { Handle: null, Attributes: null }));
        Assert.Equal(Access, other.Lookup(directory, "f").Status);
    }

    [Fact]
    public async Task Users_are_who_they_say_and_held_to_the_modes()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the server acts as several users");
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("portable", HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var root = host.Mounted();
        Assert.Equal(0u, root.V3(2, new Xdr().Opaque(root.Root).Add(Xdr.Change3(0x3FF)).U32(0)).U32());
        using var owner = host.Mounted(1000);
        using var other = host.Mounted(1001);
        // A file nobody may open: its owner, who had it open when it was made, still writes and reads it.
        var file = owner.Create(owner.Root, "f", 0);
        Assert.Equal((1000u, 0u), (owner.Stat(file).Uid, owner.Stat(file).Mode));
        Assert.Equal(0u, owner.Write(file, 0, [1, 2, 3]));
        Assert.Equal([1, 2, 3], owner.Read(file, 0, 10).Data);
        Assert.Equal(Access, other.Write(file, 0, [9]));
        Assert.Equal(Access, other.Read(file, 0, 1).Status);
        Assert.Equal(0u, Allowed(owner, file));
        Assert.Equal(0u, owner.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x1AD, size: 2)).U32(0)).U32());
        // What another may execute he may read; ACCESS tells what the mode says.
        Assert.Equal(0x1Fu, Allowed(root, root.Root));
        Assert.Equal(0x1u | 0x20, Allowed(other, file));
        Assert.Equal(0xDu, Allowed(owner, file));
        Assert.Equal(0u, owner.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x1C9)).U32(0)).U32());
        Assert.Equal(0x20u, Allowed(other, file));
        Assert.Equal([1, 2], other.Read(file, 0, 10).Data);
        // A right taken away counts although the file is still held open.
        Assert.Equal(0u, owner.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x180)).U32(0)).U32());
        Assert.Equal(Access, other.Read(file, 0, 10).Status);
        Assert.Equal(Permission, other.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(0x1FF)).U32(0)).U32());
        Assert.Equal(Permission, owner.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(uid: 1001)).U32(0)).U32());
        Assert.Equal(0u, root.V3(2, new Xdr().Opaque(file).Add(Xdr.Change3(uid: 1001)).U32(0)).U32());
        Assert.Equal(Permission, owner.Remove(owner.Root, "f"));
        // Groups count.
        var shared = root.Create(root.Root, "g", 0x1B0);
        Assert.Equal(0u, root.V3(2, new Xdr().Opaque(shared).Add(Xdr.Change3(gid: 55)).U32(0)).U32());
        Assert.Equal(Access, other.Read(shared, 0, 1).Status);
        other.Groups = [7, 55];
        Assert.Equal(0u, other.Read(shared, 0, 1).Status);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Limits_and_properties_are_told(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var info = c.V3(19, new Xdr().Opaque(c.Root));
        Assert.Equal(0u, info.U32());
        Assert.Equal(2u, info.Post()!.Type);
        Assert.Equal([1u << 20, 1u << 20, 4096, 1 << 20, 1 << 20, 4096, 65536], Enumerable.Range(0, 7).Select(_ => info.U32()));
        Assert.Equal((ulong)long.MaxValue, info.U64());
        Assert.Equal([0u, 1, 27], new[] { info.U32(), info.U32(), info.U32() });
        info.End();
        var path = c.V3(20, new Xdr().Opaque(c.Root));
        _ = (path.U32(), path.Post());
        Assert.Equal([65000u, 255, 1, 1, 0, 1], Enumerable.Range(0, 6).Select(_ => path.U32()));
        var stat = c.V3(18, new Xdr().Opaque(c.Root));
        _ = (stat.U32(), stat.Post());
        Assert.Equal(1ul << 30, stat.U64());
        Assert.InRange(stat.U64(), 1ul, 1ul << 30);
    }

    private static Attributes3 Check(NfsPeer c, Attributes3 at, XdrParser reply, bool made = false, uint status = 0, byte[]? of = null)
    {
        Assert.Equal(status, reply.U32());
        if (made)
            Assert.Equal(c.Stat(reply.PostHandle()!), reply.Post());
        var (before, after) = reply.Wcc();
        Assert.Equal((at.Size, at.Modify, at.Change), before);
        Assert.Equal(c.Stat(of ?? c.Root), after);
        return after!;
    }

    private static uint Allowed(NfsPeer c, byte[] handle)
    {
        var reply = c.V3(4, new Xdr().Opaque(handle).U32(0x3F));
        Assert.Equal(0u, reply.U32());
        Assert.NotNull(reply.Post());
        return reply.U32();
    }

    private static Xdr Page(byte[] directory, bool isPlus, ulong cookie, uint count)
    {
        var arguments = new Xdr().Opaque(directory).U64(cookie).U64(0);
        return isPlus ? arguments.U32(0, count) : arguments.U32(count);
    }

    private static (List<(string Name, ulong Cookie, Attributes3? Attributes, byte[]? Handle)> Entries, bool IsEnd) Entries(XdrParser reply, bool isPlus)
    {
        Assert.Equal(0u, reply.U32());
        Assert.Equal(2u, reply.Post()!.Type);
        _ = reply.U64();
        var entries = new List<(string, ulong, Attributes3?, byte[]?)>();
        while (reply.U32() == 1)
        {
            _ = reply.U64();
            entries.Add((reply.Text(), reply.U64(), isPlus ? reply.Post() : null, isPlus ? reply.PostHandle() : null));
        }

        var isEnd = reply.U32() == 1;
        reply.End();
        return (entries, isEnd);
    }

    private static List<string> List(NfsPeer c, byte[] directory, bool isPlus, uint count, Action<List<string>>? between)
    {
        var seen = new List<string>();
        for (ulong cookie = 0; ;)
        {
            var reply = c.V3(isPlus ? 17u : 16, Page(directory, isPlus, cookie, count));
            Assert.InRange(reply.Left, 4, (int)count + 4);
            var (entries, isEnd) = Entries(reply, isPlus);
            seen.AddRange(entries.Select(e => e.Name));
            if (isEnd)
                return seen;
            Assert.NotEmpty(entries);
            cookie = entries[^1].Cookie;
            between?.Invoke([.. entries.Select(e => e.Name)]);
        }
    }
}
