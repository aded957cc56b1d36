using System.Buffers.Binary;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Fuse;
using Pentode.Fuse.Wire;
using Pentode.Tests.Locks;
using Pentode.Uring;
using static Pentode.Tests.Fuse.FuseKernel;

namespace Pentode.Tests.Fuse;

/// <summary>A session byte by byte, with a kernel that is played: what the real one never sends is sent too.</summary>
public sealed class FuseSessionTests
{
    [Fact]
    public async Task The_first_request_settles_version_flags_and_sizes()
    {
        await using var kernel = new FuseKernel(new Volume("t", new MemoryTree()));
        var (error, reply) = kernel.Ask(FuseOpcode.Init, 0, Init(7, 45));
        Assert.Equal(0, error);
        Assert.Equal((7u, 38u), (U32(reply, 0), U32(reply, 4)));
        var flags = (FuseInitFeatures)U32(reply, 12);
        Assert.True(flags.HasFlag(FuseInitFeatures.BigWrites | FuseInitFeatures.MaxPages | FuseInitFeatures.ReaddirPlus | FuseInitFeatures.ParallelDirectoryOperations | FuseInitFeatures.PosixLocks));
        Assert.False(flags.HasFlag((FuseInitFeatures)(1 << 3)), "O_TRUNC comes as an own request");
        Assert.Equal((uint)FuseLimits.MaxTransfer, U32(reply, 20));
        Assert.Equal(255, BinaryPrimitives.ReadUInt16LittleEndian(reply.AsSpan(28)));
    }

    [Fact]
    public async Task Only_what_the_kernel_offers_is_used()
    {
        await using var kernel = new FuseKernel(new Volume("t", new MemoryTree()));
        var (_, reply) = kernel.Ask(FuseOpcode.Init, 0, Init(7, 38, flags: (uint)FuseInitFeatures.BigWrites));
        Assert.Equal((uint)FuseInitFeatures.BigWrites, U32(reply, 12));
    }

    [Theory]
    [InlineData(7, 30)]
    [InlineData(6, 99)]
    public async Task A_kernel_that_is_too_old_is_refused(uint major, uint minor)
    {
        await using var kernel = new FuseKernel(new Volume("t", new MemoryTree()));
        Assert.Equal(-(int)Errno.EPROTO, kernel.Ask(FuseOpcode.Init, 0, Init(major, minor)).Error);
        Assert.Equal(-(int)Errno.EIO, kernel.Ask(FuseOpcode.Getattr, 1, new byte[16]).Error);
    }

    [Fact]
    public async Task A_kernel_of_a_later_protocol_is_told_ours_and_asks_again()
    {
        await using var kernel = new FuseKernel(new Volume("t", new MemoryTree()));
        Assert.Equal(7u, U32(kernel.Ok(FuseOpcode.Init, 0, Init(8, 0)), 0));
        Assert.Equal(-(int)Errno.EIO, kernel.Ask(FuseOpcode.Getattr, 1, new byte[16]).Error);
        kernel.Ok(FuseOpcode.Init, 0, Init(7, 38));
        kernel.Ok(FuseOpcode.Getattr, 1, new byte[16]);
    }

    [Fact]
    public async Task Content_goes_in_and_comes_out()
    {
        await using var kernel = Ready();
        var (node, handle) = kernel.Create("f");
        var written = kernel.Ok(FuseOpcode.Write, node, Body(handle, 3UL, 5u, 0u, 0UL, 2u, 0u, "hello"u8.ToArray()));
        Assert.Equal(5u, U32(written, 0));
        Assert.Equal("\0\0\0hello", Encoding.ASCII.GetString(kernel.Ok(FuseOpcode.Read, node, Body(handle, 0UL, 100u, 0u, 0UL, 0u, 0u))));
        var attributes = kernel.Ok(FuseOpcode.Getattr, node, Body(1u, 0u, handle));
        Assert.Equal(8UL, U64(attributes, 16 + 8));
        kernel.Ok(FuseOpcode.Flush, node, Body(handle, 0u, 0u, 0UL));
        kernel.Ok(FuseOpcode.Release, node, Body(handle, 2u, 0u, 0UL));
        Assert.Equal(-(int)Errno.EBADF, kernel.Ask(FuseOpcode.Read, node, Body(handle, 0UL, 100u, 0u, 0UL, 0u, 0u)).Error);
        Assert.Equal(0, kernel.Session.OpenFiles);
    }

    [Fact]
    public async Task Every_lookup_is_counted_and_given_back()
    {
        await using var kernel = Ready();
        var (node, handle) = kernel.Create("f");
        kernel.Ok(FuseOpcode.Release, node, Body(handle, 2u, 0u, 0UL));
        for (var i = 0; i < 3; i++)
            Assert.Equal(node, U64(kernel.Ok(FuseOpcode.Lookup, 1, Body("f")), 0));
        Assert.Equal(2, kernel.Session.KnownNodes);
        kernel.Send(FuseOpcode.Forget, node, Body(3UL));
        kernel.Settle();
        kernel.Ok(FuseOpcode.Getattr, node, new byte[16]);
        kernel.Send(FuseOpcode.BatchForget, 0, Body(2u, 0u, node, 1UL, 99UL, 1UL));
        kernel.Settle();
        Assert.Equal(1, kernel.Session.KnownNodes);
        Assert.Equal(-(int)Errno.ESTALE, kernel.Ask(FuseOpcode.Getattr, node, new byte[16]).Error);
        Assert.NotEqual(node, U64(kernel.Ok(FuseOpcode.Lookup, 1, Body("f")), 0));
    }

    [Fact]
    public async Task Links_of_one_file_are_one_node()
    {
        await using var kernel = Ready();
        var (node, _) = kernel.Create("f");
        Assert.Equal(node, U64(kernel.Ok(FuseOpcode.Link, 1, Body(node, "g")), 0));
        Assert.Equal(node, U64(kernel.Ok(FuseOpcode.Lookup, 1, Body("g")), 0));
    }

    [Fact]
    public async Task Forgetting_more_than_was_given_ends_the_node_only()
    {
        await using var kernel = Ready();
        var (node, _) = kernel.Create("f");
        kernel.Send(FuseOpcode.Forget, node, Body(ulong.MaxValue));
        kernel.Send(FuseOpcode.Forget, 1, Body(ulong.MaxValue));
        kernel.Send(FuseOpcode.BatchForget, 0, Body(uint.MaxValue, 0u, node, 1UL));
        kernel.Settle();
        kernel.Ok(FuseOpcode.Getattr, 1, new byte[16]);
    }

    [Fact]
    public async Task A_listing_with_nodes_counts_them()
    {
        await using var kernel = Ready();
        foreach (var name in (string[])["a", "b", "c"])
        {
            var (node, handle) = kernel.Create(name);
            kernel.Ok(FuseOpcode.Release, node, Body(handle, 2u, 0u, 0UL));
            kernel.Send(FuseOpcode.Forget, node, Body(1UL));
        }

        kernel.Settle();
        Assert.Equal(1, kernel.Session.KnownNodes);
        var directory = U64(kernel.Ok(FuseOpcode.Opendir, 1, Body(0u, 0u)), 0);
        var listing = kernel.Ok(FuseOpcode.Readdirplus, 1, Body(directory, 0UL, 4096u, 0u, 0UL, 0u, 0u));
        var found = new List<(string Name, ulong Node)>();
        for (var at = 0; at < listing.Length;)
        {
            var length = (int)U32(listing, at + FuseEntryOut.Size + 16);
            found.Add((Encoding.ASCII.GetString(listing, at + FuseEntryOut.Size + FuseDirent.Size, length), U64(listing, at)));
            at += (FuseEntryOut.Size + FuseDirent.Size + length + 7) & ~7;
        }

        Assert.Equal([".", "..", "a", "b", "c"], found.Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.All(found, f => Assert.Equal(f.Name.StartsWith('.'), f.Node == 0));
        Assert.Equal(4, kernel.Session.KnownNodes);
    }

    [Fact]
    public async Task A_listing_that_does_not_fit_goes_on_where_it_ended()
    {
        await using var kernel = Ready();
        for (var i = 0; i < 50; i++)
            kernel.Create($"file-{i:00}");
        var directory = U64(kernel.Ok(FuseOpcode.Opendir, 1, Body(0u, 0u)), 0);
        var names = new List<string>();
        var cookie = 0UL;
        while (true)
        {
            var listing = kernel.Ok(FuseOpcode.Readdir, 1, Body(directory, cookie, 200u, 0u, 0UL, 0u, 0u));
            if (listing.Length == 0)
                break;
            for (var at = 0; at < listing.Length;)
            {
                var length = (int)U32(listing, at + 16);
                names.Add(Encoding.ASCII.GetString(listing, at + FuseDirent.Size, length));
                cookie = U64(listing, at + 8);
                at += (FuseDirent.Size + length + 7) & ~7;
            }
        }

        Assert.Equal(52, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(52, names.Count);
    }

    [Fact]
    public async Task A_lock_that_waits_is_granted_when_the_other_goes_and_can_be_given_up()
    {
        await using var kernel = Ready();
        var (node, handle) = kernel.Create("f");
        kernel.Ok(FuseOpcode.Setlk, node, Lock(handle, owner: 1, type: 1));
        Assert.Equal(-(int)Errno.EAGAIN, kernel.Ask(FuseOpcode.Setlk, node, Lock(handle, owner: 2, type: 1)).Error);
        var holder = kernel.Ok(FuseOpcode.Getlk, node, Lock(handle, owner: 2, type: 1));
        Assert.Equal((1u, 41u), (U32(holder, 16), U32(holder, 20)));
        var given = kernel.Send(FuseOpcode.Setlkw, node, Lock(handle, owner: 3, type: 1));
        kernel.Send(FuseOpcode.Interrupt, node, Body(given));
        Assert.Equal((given, -(int)Errno.EINTR), (kernel.Receive() is var r ? r.Unique : 0, r.Error));
        var waiting = kernel.Send(FuseOpcode.Setlkw, node, Lock(handle, owner: 2, type: 1));
        var flush = kernel.Send(FuseOpcode.Flush, node, Body(handle, 0u, 0u, 1UL));
        Assert.Equal(new HashSet<ulong> { waiting, flush }, [kernel.Receive().Unique, kernel.Receive().Unique]);
        Assert.Equal(-(int)Errno.EAGAIN, kernel.Ask(FuseOpcode.Setlk, node, Lock(handle, owner: 1, type: 1)).Error);
    }

    [Fact]
    public async Task A_lock_of_another_node_is_waited_for_beside_the_loop_and_can_be_given_up()
    {
        await using var nodes = new SharedFileNodes();
        await using var one = FuseKernel.Ready(volume: (await nodes.StartAsync("a")).Volume);
        await using var two = FuseKernel.Ready(volume: (await nodes.StartAsync("b")).Volume);
        var (nodeA, a) = one.Create("f");
        var (nodeB, b) = two.Create("f");
        one.Ok(FuseOpcode.Setlk, nodeA, Lock(a, owner: 1, type: 1));
        // What the other node wrote before is to be seen.
        Assert.Equal([nodeA], one.Doubted);
        Assert.Equal(-(int)Errno.EAGAIN, two.Ask(FuseOpcode.Setlk, nodeB, Lock(b, owner: 2, type: 0)).Error);
        Assert.Empty(two.Doubted);
        Assert.Equal(1u, U32(two.Ok(FuseOpcode.Getlk, nodeB, Lock(b, owner: 2, type: 1)), 16));
        var given = two.Send(FuseOpcode.Setlkw, nodeB, Lock(b, owner: 2, type: 1));
        two.Settle();
        two.Send(FuseOpcode.Interrupt, nodeB, Body(given));
        Assert.Equal((given, -(int)Errno.EINTR), (two.Receive() is var r ? r.Unique : 0, r.Error));
        var waiting = two.Send(FuseOpcode.Setlkw, nodeB, Lock(b, owner: 2, type: 1));
        two.Settle();
        one.Ok(FuseOpcode.Flush, nodeA, Body(a, 0u, 0u, 1UL));
        Assert.Equal((waiting, 0), (two.Receive() is var g ? g.Unique : 0, g.Error));
        Assert.Equal(-(int)Errno.EAGAIN, one.Ask(FuseOpcode.Setlk, nodeA, Lock(a, owner: 1, type: 1)).Error);
        // One that is waited for at the end of the mount is let go.
        one.Send(FuseOpcode.Setlkw, nodeA, Lock(a, owner: 1, type: 1));
        one.Settle();
    }

    [Fact]
    public async Task What_one_process_gives_back_through_a_file_another_keeps()
    {
        await using var kernel = Ready();
        var (node, handle) = kernel.Create("f");
        kernel.Ok(FuseOpcode.Setlk, node, Body(handle, 1UL, 0UL, 9UL, 1u, 41u, 0u, 0u));
        kernel.Ok(FuseOpcode.Setlk, node, Body(handle, 2UL, 20UL, 29UL, 1u, 42u, 0u, 0u));
        // The second closes what it inherited from the first.
        kernel.Ok(FuseOpcode.Flush, node, Body(handle, 0u, 0u, 2UL));
        kernel.Ok(FuseOpcode.Setlk, node, Body(handle, 3UL, 20UL, 29UL, 1u, 43u, 0u, 0u));
        Assert.Equal(-(int)Errno.EAGAIN, kernel.Ask(FuseOpcode.Setlk, node, Body(handle, 3UL, 0UL, 0UL, 1u, 43u, 0u, 0u)).Error);
    }

    [Fact]
    public async Task An_interrupt_for_nothing_is_ignored()
    {
        await using var kernel = Ready();
        kernel.Send(FuseOpcode.Interrupt, 1, Body(12345UL));
        kernel.Send(FuseOpcode.Interrupt, 1, []);
        kernel.Settle();
    }

    [Theory]
    [InlineData(FuseOpcode.Lookup)]
    [InlineData(FuseOpcode.Setattr)]
    [InlineData(FuseOpcode.Mknod)]
    [InlineData(FuseOpcode.Mkdir)]
    [InlineData(FuseOpcode.Symlink)]
    [InlineData(FuseOpcode.Link)]
    [InlineData(FuseOpcode.Rename)]
    [InlineData(FuseOpcode.Rename2)]
    [InlineData(FuseOpcode.Unlink)]
    [InlineData(FuseOpcode.Create)]
    [InlineData(FuseOpcode.Open)]
    [InlineData(FuseOpcode.Read)]
    [InlineData(FuseOpcode.Write)]
    [InlineData(FuseOpcode.Flush)]
    [InlineData(FuseOpcode.Fsync)]
    [InlineData(FuseOpcode.Readdir)]
    [InlineData(FuseOpcode.Readdirplus)]
    [InlineData(FuseOpcode.Getxattr)]
    [InlineData(FuseOpcode.Setxattr)]
    [InlineData(FuseOpcode.Setlkw)]
    [InlineData(FuseOpcode.Getlk)]
    [InlineData(FuseOpcode.Poll)]
    [InlineData(FuseOpcode.Access)]
    public async Task A_request_without_its_body_is_an_error_and_the_mount_goes_on(FuseOpcode opcode)
    {
        await using var kernel = Ready();
        Assert.True(kernel.Ask(opcode, 1, []).Error < 0);
        Assert.True(kernel.Ask(opcode, 1, [0xFF, 0xFF, 0xFF]).Error < 0);
        Assert.True(kernel.Ask(opcode, 777, new byte[128]).Error < 0);
        kernel.Settle();
    }

    [Fact]
    public async Task A_read_longer_than_agreed_is_refused()
    {
        await using var kernel = Ready();
        var (node, handle) = kernel.Create("f");
        Assert.Equal(-(int)Errno.EIO, kernel.Ask(FuseOpcode.Read, node, Body(handle, 0UL, uint.MaxValue, 0u, 0UL, 0u, 0u)).Error);
        Assert.Equal(-(int)Errno.EIO, kernel.Ask(FuseOpcode.Write, node, Body(handle, 0UL, 100u, 0u, 0UL, 0u, 0u, "short"u8.ToArray())).Error);
    }

    [Fact]
    public async Task A_frame_that_lies_about_its_length_ends_the_session()
    {
        await using var kernel = Ready();
        var bytes = Request(FuseOpcode.Getattr, 100, 1, new byte[16]);
        bytes[0]++;
        kernel.SendRaw(bytes);
        await kernel.Session.Ended.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_exchange_is_refused()
    {
        await using var kernel = Ready();
        kernel.Create("f");
        Assert.Equal(-(int)Errno.EINVAL, kernel.Ask(FuseOpcode.Rename2, 1, Body(1UL, 2u, 0u, "f", "g")).Error);
        kernel.Ok(FuseOpcode.Rename2, 1, Body(1UL, 0u, 0u, "f", "g"));
    }

    [Fact]
    public async Task An_unlinked_open_file_can_be_used_and_renamed_directories_keep_their_children()
    {
        await using var kernel = Ready();
        var (node, handle) = kernel.Create("f");
        kernel.Ok(FuseOpcode.Unlink, 1, Body("f"));
        Assert.Equal(1u, U32(kernel.Ok(FuseOpcode.Write, node, Body(handle, 0UL, 1u, 0u, 0UL, 2u, 0u, "x"u8.ToArray())), 0));
        var directory = U64(kernel.Ok(FuseOpcode.Mkdir, 1, Body(0x1EDu, 0u, "d")), 0);
        kernel.Ok(FuseOpcode.Mkdir, directory, Body(0x1EDu, 0u, "e"));
        kernel.Ok(FuseOpcode.Rename, 1, Body(1UL, "d", "moved"));
        kernel.Ok(FuseOpcode.Lookup, directory, Body("e"));
    }

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public async Task Reading_and_writing_allocates_nothing(string engine)
    {
        await using var kernel = new FuseKernel(new Volume("t", new MemoryTree()), null, engine);
        kernel.Ok(FuseOpcode.Init, 0, Init(7, 38));
        var (node, handle) = kernel.Create("f");
        var write = Request(FuseOpcode.Write, 1000, node, Body(handle, 0UL, 4096u, 0u, 0UL, 2u, 0u, new byte[4096]));
        var read = Request(FuseOpcode.Read, 1002, node, Body(handle, 0UL, 4096u, 0u, 0UL, 0u, 0u));
        void Exchange(int count)
        {
            for (var i = 0; i < count; i++)
            {
                kernel.SendRaw(write);
                _ = kernel.Receive();
                kernel.SendRaw(read);
                _ = kernel.Receive();
            }
        }

        Exchange(200);
        var before = await AllocatedAsync(kernel.Loop);
        Exchange(500);
        var after = await AllocatedAsync(kernel.Loop);
        Assert.InRange(after - before, 0, 20_000);
    }

    [Fact]
    public async Task Giving_a_lock_back_at_a_close_allocates_nothing()
    {
        // Locks that fail cost nothing below the session.
        await using var kernel = Ready(volume: new Volume("t", new MemoryTree(), new VolumeOptions { SharedLocks = new NoLocks() }));
        var (node, handle) = kernel.Create("f");
        const int count = 500;
        var locks = Enumerable.Range(0, count + 1).Select(i => Request(FuseOpcode.Setlk, 1000, node, Lock(handle, (ulong)i, 1))).ToArray();
        var closes = Enumerable.Range(0, count + 1).Select(i => Request(FuseOpcode.Flush, 1002, node, Body(handle, 0u, 0u, (ulong)i))).ToArray();
        foreach (var request in locks.Append(closes[count]))
        {
            kernel.SendRaw(request);
            _ = kernel.Receive();
        }

        var before = await AllocatedAsync(kernel.Loop);
        foreach (var request in closes.AsSpan(0, count))
        {
            kernel.SendRaw(request);
            _ = kernel.Receive();
        }

        var after = await AllocatedAsync(kernel.Loop);
        Assert.InRange(after - before, 0, 5000);
    }

    // What the loop's own thread has allocated; asking costs a little itself.
    private static Task<long> AllocatedAsync(IoLoop loop)
    {
        var done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => done.SetResult(GC.GetAllocatedBytesForCurrentThread()));
        return done.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static byte[] Lock(ulong handle, ulong owner, uint type) => Body(handle, owner, 0UL, (ulong)long.MaxValue, type, (uint)(40 + owner), 0u, 0u);

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    private sealed class NoLocks : ISharedLocks
    {
        public ValueTask<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait) => new(Errno.ENOLCK);

        public ValueTask<Result<LockRange>> Test(IOpenFile file, LockOwner owner, LockType type, long start, long length) => new(Errno.ENOLCK);

        public bool Release(IOpenFile file) => false;

        public void Forget(IOpenFile file)
        {
        }

        public Errno Check(IOpenFile file) => Errno.None;
    }
}
