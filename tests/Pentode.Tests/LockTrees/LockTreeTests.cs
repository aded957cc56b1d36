using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;
using Pentode.Locks.Tree;
using Pentode.Testing.Locks;
using Pentode.Tests.Locks;
using static Pentode.Tests.LockTrees.LockTreeFixture;

namespace Pentode.Tests.LockTrees;

/// <summary>The lock tree called directly; what a kernel in front of it makes of this is in the system tests.</summary>
public sealed class LockTreeTests
{
    private const int Shared = 0, Exclusive = 2, Try = 0x800;

    [Fact]
    public async Task An_exclusive_lock_keeps_the_other_node_out_until_it_is_closed()
    {
        await using var t = await CreateAsync();
        var held = (await Open(t.A, "l", Exclusive)).Value;
        Assert.Equal(Errno.ETXTBSY, (await Open(t.B, "l", Shared | Try)).Error);
        var waiting = Open(t.B, "l", Exclusive);
        Assert.False(waiting.Wait(50));
        Assert.Equal(5, (await t.A.Write(held, "value"u8.ToArray(), 0)).Value);
        Assert.Equal(Errno.None, await t.A.Close(held));
        var got = (await waiting).Value;
        var buffer = new byte[100];
        Assert.Equal(64, (await t.B.Read(got, buffer, 0)).Value);
        Assert.Equal("value", Encoding.ASCII.GetString(buffer, 0, 5));
        await t.B.Close(got);
    }

    [Fact]
    public async Task A_wait_can_be_given_up_and_leaves_no_trace()
    {
        await using var t = await CreateAsync();
        var held = (await Open(t.A, "l", Exclusive)).Value;
        using var cancel = new CancellationTokenSource();
        var waiting = Open(t.B, "l", Exclusive, cancel.Token);
        Assert.False(waiting.Wait(50));
        await cancel.CancelAsync();
        Assert.Equal(Errno.EINTR, (await waiting).Error);
        await t.A.Close(held);
        var domain = await Domain(t.B);
        Assert.Equal(Errno.None, await t.B.Unlink(Credentials.Root, domain, new FileName("l"), directory: false));
    }

    [Fact]
    public async Task A_wait_ends_after_its_time()
    {
        await using var t = await CreateAsync(new LockTreeOptions { WaitTimeoutMs = 50 });
        var held = (await Open(t.A, "l", Exclusive)).Value;
        Assert.Equal(Errno.ETIMEDOUT, (await Open(t.B, "l", Exclusive)).Error);
        await t.A.Close(held);
    }

    [Fact]
    public async Task Poll_tells_that_another_node_waits()
    {
        await using var t = await CreateAsync();
        var held = (await Open(t.A, "l", Exclusive)).Value;
        var sink = new Sink();
        Assert.Equal(FileReadiness.None, Volume.Poll(held, sink));
        var waiting = Open(t.B, "l", Shared);
        await sink.Told.WaitAsync(LockNodes.Patience);
        Assert.Equal(FileReadiness.Readable, Volume.Poll(held, null));
        await t.A.Close(held);
        await t.B.Close((await waiting).Value);
    }

    [Fact]
    public async Task A_lock_that_is_lost_says_so_everywhere()
    {
        await using var t = await CreateAsync(timing: new SessionTiming(50, 400, 800));
        var store = new MemoryLockStore(t.Nodes.Cluster);
        var manager = await t.Nodes.StartAsync("c", new SessionTiming(50, 400, 800), store);
        await using var volume = new Volume("c", new LockTree(manager, new LockTreeOptions()));
        var held = (await Open(volume, "l", Exclusive)).Value;
        var clean = (await Open(volume, "k", Exclusive)).Value;
        Assert.Equal(1, (await volume.Write(held, "x"u8.ToArray(), 0)).Value);
        var sink = new Sink();
        Assert.Equal(FileReadiness.None, Volume.Poll(held, sink));
        store.Inject = static _ => Pentode.Locks.Stores.StoreOutcome.Unavailable;
        await sink.Told.WaitAsync(LockNodes.Patience);
        await LockNodes.Eventually(() => Volume.Poll(held, null) == (FileReadiness.Readable | FileReadiness.Error | FileReadiness.HangUp));
        Assert.Equal(Errno.ESTALE, (await volume.Read(held, new byte[8], 0)).Error);
        Assert.Equal(Errno.ESTALE, (await volume.Write(held, new byte[8], 0)).Error);
        Assert.Equal(Errno.ESTALE, (await volume.Write(held, new byte[8], 64)).Error);
        Assert.Equal(Errno.ESTALE, await volume.Sync(held, dataOnly: false));
        // Only a value that was written and not committed is worth an error of close(2).
        Assert.Equal(Errno.ESTALE, await volume.Flush(held));
        Assert.Equal(Errno.None, await volume.Flush(clean));
        await volume.Close(held);
        await volume.Close(clean);
        store.Inject = null;
    }

    [Fact]
    public async Task Attributes_tell_of_the_lock()
    {
        await using var t = await CreateAsync();
        var held = (await Open(t.A, "l", Exclusive)).Value;
        var first = ulong.Parse(await Attribute(t.A, held.Node, "token"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("exclusive", await Attribute(t.A, held.Node, "mode"));
        Assert.Equal("1", await Attribute(t.A, held.Node, "holders"));
        Assert.Equal("unset", await Attribute(t.A, held.Node, "lvb_state"));
        await t.A.Write(held, "x"u8.ToArray(), 0);
        Assert.Equal("valid", await Attribute(t.A, held.Node, "lvb_state"));
        await t.A.Close(held);
        Assert.Equal(Errno.ENODATA, (await t.A.GetExtendedAttribute(Credentials.Root, held.Node, new FileName("user.lock.token"))).Error);
        var there = (await Open(t.B, "l", Exclusive)).Value;
        Assert.True(ulong.Parse(await Attribute(t.B, there.Node, "token"), System.Globalization.CultureInfo.InvariantCulture) > first);
        await t.B.Close(there);
        Assert.Equal(Errno.ENODATA, (await t.A.GetExtendedAttribute(Credentials.Root, held.Node, new FileName("user.other"))).Error);
        Assert.Contains("user.lock.token\0", Encoding.ASCII.GetString((await t.A.ListExtendedAttributes(Credentials.Root, held.Node)).Value), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Views_are_found_but_not_listed_and_not_in_a_compatible_tree()
    {
        await using var t = await CreateAsync(new LockTreeOptions { Listing = static () => new("d/l\ta\n") });
        var root = t.A.Attach().Value;
        Assert.Equal("bast stackglue\n", await Text(t.A, root, ".capabilities"));
        Assert.Equal("d/l\ta\n", await Text(t.A, root, ".locks"));
        await Domain(t.A);
        var names = new Names();
        await t.A.ReadDirectory((await t.A.Open(Credentials.Root, root, 0x10000)).Value, 0, names);
        Assert.Equal([".", "..", "d"], names.All);
        await using var compatible = await CreateAsync(new LockTreeOptions { IsCompatible = true, Listing = static () => new("") });
        var other = compatible.A.Attach().Value;
        Assert.Equal(Errno.ENOENT, (await compatible.A.Lookup(Credentials.Root, other, new FileName(".locks"))).Error);
        Assert.Equal(Errno.ENOENT, (await compatible.A.Lookup(Credentials.Root, other, new FileName(".capabilities"))).Error);
    }

    [Fact]
    public async Task Modes_are_held_against_users_without_a_kernel_in_between()
    {
        await using var t = await CreateAsync();
        var root = t.A.Attach().Value;
        Assert.Equal(Errno.EACCES, (await t.A.MakeDirectory(User, root, new FileName("u"), 0x1ED, 0)).Error);
        await t.A.SetAttributes(Credentials.Root, root, new AttributeChange { Mode = 0x3FF });
        Assert.True((await t.A.MakeDirectory(User, root, new FileName("u"), 0x1ED, uint.MaxValue)).IsOk);
        Assert.Equal(Errno.EPERM, await t.A.Unlink(new Credentials(1001, 1001), root, new FileName("u"), directory: true));
        Assert.Equal(Errno.None, await t.A.Unlink(User, root, new FileName("u"), directory: true));
        var node = await Lock(t.A, "l");
        await t.A.SetAttributes(Credentials.Root, node, new AttributeChange { Mode = 0x1A0, Gid = 2000 });
        Assert.True((await t.A.Open(User, node, Shared | Try, default)).IsOk);
        Assert.Equal(Errno.EACCES, (await t.A.Open(User, node, Exclusive | Try, default)).Error);
        Assert.Equal(Errno.EACCES, (await t.A.Open(new Credentials(7, 7), node, Shared | Try, default)).Error);
        Assert.Equal(Errno.EPERM, await t.A.SetAttributes(User, node, new AttributeChange { Mode = 0x1FF }));
        Assert.Equal(Errno.EPERM, await t.A.SetAttributes(User, node, new AttributeChange { Uid = 1000 }));
    }

    [Fact]
    public async Task A_set_group_id_directory_gives_its_group()
    {
        await using var t = await CreateAsync();
        var root = t.A.Attach().Value;
        await t.A.SetAttributes(Credentials.Root, root, new AttributeChange { Mode = 0x5FF, Gid = 2000 });
        var made = (await t.A.MakeDirectory(User, root, new FileName("g"), 0x1ED, uint.MaxValue)).Value;
        var attributes = (await t.A.GetAttributes(User, made)).Value;
        Assert.Equal((2000u, 0x45EDu), (attributes.Gid, attributes.Mode));
    }

    [Fact]
    public async Task Ten_thousand_locks_are_listed_in_parts()
    {
        const int count = 10_000;
        await using var t = await CreateAsync();
        var domain = await Domain(t.A);
        for (var i = 0; i < count; i++)
            Assert.True((await t.A.MakeNode(Credentials.Root, domain, new FileName($"l{i}"), 0x81A4, 0, 0, 0)).IsOk);
        var file = (await t.A.Open(Credentials.Root, domain, 0x10000)).Value;
        var all = new List<string>();
        for (var cookie = 0L; ;)
        {
            var part = new Names { Room = 700 };
            await t.A.ReadDirectory(file, cookie, part);
            if (part.All.Count == 0)
                break;
            all.AddRange(part.All);
            cookie = part.Last;
        }

        Assert.Equal(count + 2, all.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(count + 2, all.Count);
    }

    [Fact]
    public async Task A_domain_used_beside_the_tree_is_not_left()
    {
        await using var t = await CreateAsync();
        await Domain(t.A);
        var domain = t.ManagerA.Domains.Single();
        var handle = await LockNodes.Take(domain, "other", Pentode.Locks.Record.LockMode.Shared);
        var root = t.A.Attach().Value;
        Assert.Equal(Errno.EBUSY, await t.A.Unlink(Credentials.Root, root, new FileName("d"), directory: true));
        Assert.True((await t.A.Lookup(Credentials.Root, root, new FileName("d"))).IsOk);
        handle.Dispose();
        Assert.Equal(Errno.None, await t.A.Unlink(Credentials.Root, root, new FileName("d"), directory: true));
        Assert.Empty(t.ManagerA.Domains);
    }

    private static async Task<string> Attribute(Volume volume, INode node, string word) =>
        Encoding.ASCII.GetString((await volume.GetExtendedAttribute(Credentials.Root, node, new FileName("user.lock." + word))).Value);

    private static async Task<string> Text(Volume volume, INode root, string name)
    {
        var node = (await volume.Lookup(Credentials.Root, root, new FileName(name))).Value;
        var file = (await volume.Open(Credentials.Root, node, 0)).Value;
        var buffer = new byte[100];
        var count = (await volume.Read(file, buffer, 0)).Value;
        Assert.Equal(0, (await volume.Read(file, buffer.AsMemory(50), count)).Value);
        await volume.Close(file);
        return Encoding.ASCII.GetString(buffer, 0, count);
    }

    private sealed class Sink : IReadinessSink
    {
        private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Told => _told.Task;

        public void Changed() => _told.TrySetResult();
    }

    private sealed class Names : IDirectorySink
    {
        public List<string> All { get; } = [];

        public int Room { get; init; } = int.MaxValue;

        public long Last { get; private set; }

        public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
        {
            if (All.Count == Room)
                return false;
            All.Add(Encoding.ASCII.GetString(name));
            Last = cookie;
            return true;
        }
    }
}
