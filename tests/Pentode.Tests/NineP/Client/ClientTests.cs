using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Files;
using Pentode.NineP.Client;
using Xunit;

namespace Pentode.Tests.NineP.Client;

/// <summary>The client against our server.</summary>
public abstract class ClientTests(string engine) : ClientFixture(engine)
{
    [Fact]
    public Task Every_message() => OnLoop(async (client, root) =>
    {
        Assert.Equal(1 << 20, client.Msize);
        Assert.Equal(Errno.None, (await client.MakeDirectory(root, "d"u8, 0x1FF, 0)).Error);
        Assert.Equal(Errno.EEXIST, (await client.MakeDirectory(root, "d"u8, 0x1FF, 0)).Error);
        Assert.Equal(Errno.None, (await client.MakeSymbolicLink(root, "l"u8, "d/f"u8, 0)).Error);
        var directory = (await client.Walk(root, "d"u8)).Value;
        Assert.Equal(0x80, directory.Qid.Type);
        var file = await CreateAsync(client, directory.Fid, "f");
        Assert.Equal(5, (await client.Write(file, "hello"u8.ToArray(), 0)).Value);
        Assert.Equal(Errno.None, await client.Fsync(file, dataOnly: true));
        var change = new AttributeChange { Mode = 0x180, SetModifyTime = true, ModifyTime = new FileTime(1234567890, 123456789), SetAccessTime = true };
        Assert.Equal(Errno.None, await client.SetAttributes(file, change));
        var attributes = (await client.GetAttributes(file, NinePAttributes.All)).Value;
        Assert.Equal((0x8180u, 5ul, new FileTime(1234567890, 123456789)), (attributes.Mode, attributes.Length, attributes.ModifyTime));
        Assert.True(attributes.IsRegular);
        Assert.Equal(Errno.None, await client.SetAttributes(file, new AttributeChange { Size = 3 }));
        var buffer = GC.AllocateArray<byte>(100, pinned: true);
        Assert.Equal(3, (await client.Read(file, buffer, 0)).Value);
        Assert.Equal("hel"u8.ToArray(), buffer[..3]);
        Assert.Equal(0, (await client.Read(file, buffer, 3)).Value);

        Assert.Equal(Errno.None, await client.Link(root, file, "hard"u8));
        Assert.Equal(Errno.None, await client.RenameAt(root, "hard"u8, directory.Fid, "g"u8));
        Assert.Equal(Errno.None, await client.Rename(file, root, "moved"u8));
        var link = (await client.Walk(root, "l"u8)).Value;
        Assert.Equal("d/f"u8.ToArray(), (await client.ReadLink(link.Fid)).Value);
        Assert.Equal(Errno.EINVAL, (await client.ReadLink(root)).Error);
        Assert.True((await client.StatFileSystem(root)).IsOk);

        Assert.Equal(Errno.None, await client.SetExtendedAttribute(root, "user.a"u8.ToArray(), "value"u8.ToArray(), 0));
        Assert.Equal("value"u8.ToArray(), (await client.GetExtendedAttribute(root, "user.a"u8.ToArray())).Value);
        Assert.Equal("user.a\0"u8.ToArray(), (await client.GetExtendedAttribute(root, [])).Value);
        Assert.Equal(Errno.None, await client.SetExtendedAttribute(root, "user.a"u8.ToArray(), null, 0));
        Assert.Equal(Errno.ENODATA, (await client.GetExtendedAttribute(root, "user.a"u8.ToArray())).Error);

        var range = new NinePLock(NinePLock.Write, 0, 10, 1, "host");
        Assert.Equal(NinePLockStatus.Success, (await client.Lock(file, range, wait: false)).Value);
        Assert.Equal(NinePLock.Write, (await client.GetLock(file, range with { ProcessId = 2 })).Value.Kind);

        Assert.Equal(Errno.EISDIR, await client.UnlinkAt(root, "d"u8, isDirectory: false));
        Assert.Equal(Errno.None, await client.UnlinkAt(directory.Fid, "g"u8, isDirectory: false));
        Assert.Equal(Errno.None, await client.UnlinkAt(root, "d"u8, isDirectory: true));
        Assert.Equal(Errno.None, await client.Remove(link.Fid));
        Assert.Equal(Errno.None, await client.Clunk(file));
        Assert.Equal(Errno.EBADF, (await client.GetAttributes(file)).Error);
        Assert.Equal(Errno.None, await client.Clunk(directory.Fid));
        Assert.Equal(1, client.FidsInUse);
        Assert.Equal(0, client.RequestsUnderWay);
    });

    [Fact]
    public Task Deep_paths_are_walked_and_fail_with_the_error_of_the_name() => OnLoop(async (client, root) =>
    {
        var names = new List<byte[]>();
        var at = root;
        for (var i = 0; i < 50; i++)
        {
            names.Add(System.Text.Encoding.ASCII.GetBytes($"level{i}"));
            Assert.True((await client.MakeDirectory(at, names[i], 0x1FF, 0)).IsOk);
            at = (await client.Walk(at, names[i])).Value.Fid;
        }

        Assert.True((await client.MakeSymbolicLink(at, "l"u8, "x"u8, 0)).IsOk);
        var before = client.FidsInUse;
        var deep = await client.WalkPath(root, names);
        Assert.True(deep.IsOk);
        Assert.Equal((await client.GetAttributes(at)).Value.Qid.Path, deep.Value.Qid.Path);
        Assert.Equal(Errno.None, await client.Clunk(deep.Value.Fid));
        Assert.Equal(Errno.ENOENT, (await client.WalkPath(root, [.. names, "absent"u8.ToArray(), "x"u8.ToArray()])).Error);
        Assert.Equal(Errno.ENOTDIR, (await client.WalkPath(root, [.. names, "l"u8.ToArray(), "x"u8.ToArray()])).Error);
        Assert.Equal(Errno.ENAMETOOLONG, (await client.WalkPath(root, [new byte[256]])).Error);
        var self = await client.WalkPath(root, []);
        Assert.True(self.IsOk);
        Assert.Equal(Errno.None, await client.Clunk(self.Value.Fid));

        // The fids of steps are given back without waiting: an answer to a later request comes after theirs.
        await client.GetAttributes(root);
        Assert.Equal(before, client.FidsInUse);
    });

    [Fact]
    public Task Many_requests_go_at_once() => OnLoop(async (client, root) =>
    {
        var all = Enumerable.Range(0, 2000).Select(_ => client.GetAttributes(root).AsTask()).ToArray();
        Assert.Equal(2000, client.RequestsUnderWay);
        foreach (var result in await Task.WhenAll(all))
            Assert.True(result.IsOk);
        Assert.Equal(0, client.RequestsUnderWay);
    });

    [Fact]
    public Task Limits_are_errors() => OnLoop(
        async (client, root) =>
        {
            var all = Enumerable.Range(0, 9).Select(_ => client.GetAttributes(root).AsTask()).ToArray();
            var results = await Task.WhenAll(all);
            Assert.Equal(8, results.Count(r => r.IsOk));
            Assert.Equal(Errno.EAGAIN, results[8].Error);
            Assert.True((await client.Clone(root)).IsOk);
            Assert.True((await client.Clone(root)).IsOk);
            Assert.Equal(Errno.EMFILE, (await client.Clone(root)).Error);
            Assert.Equal(Errno.EMSGSIZE, (await client.MakeSymbolicLink(root, "x"u8, new byte[5000], 0)).Error);
            Assert.Equal(Errno.None, client.Error);
        },
        new NinePClientOptions { MaxRequests = 8, MaxFids = 3, Msize = 4096 });

    [Theory]
    [InlineData(4096)]
    [InlineData(65536)]
    [InlineData(1 << 20)]
    public Task Files_are_written_and_read_in_pieces(int msize) => OnLoop(
        async (client, root) =>
        {
            var data = new byte[3_000_001];
            new Random(msize).NextBytes(data);
            var fid = await CreateAsync(client, root, $"f{msize}");
            var writer = new NinePFileWriter(client, fid, 0, 200_000, 6);
            for (var at = 0; at < data.Length; at += 77_777)
                Assert.Equal(Errno.None, await writer.WriteAsync(data.AsMemory(at, Math.Min(77_777, data.Length - at))));
            Assert.Equal(Errno.None, await writer.FlushAsync());
            var reader = new NinePFileReader(client, fid, 0, 200_000, 6);
            var back = new MemoryStream();
            while (true)
            {
                var piece = await reader.ReadAsync();
                Assert.True(piece.IsOk);
                if (piece.Value.Length == 0)
                    break;
                back.Write(piece.Value.Span);
            }

            await reader.CloseAsync();
            Assert.True(back.ToArray().AsSpan().SequenceEqual(data));
            Assert.Equal(Errno.None, await client.Clunk(fid));
        },
        new NinePClientOptions { Msize = msize });

    [Fact]
    public Task A_large_directory_is_listed_once() => OnLoop(async (client, root) =>
    {
        for (var i = 0; i < 3000; i++)
            Assert.True((await client.MakeDirectory(root, System.Text.Encoding.ASCII.GetBytes($"entry-with-a-long-name-{i:D60}"), 0x1FF, 0)).IsOk);
        var clone = (await client.Clone(root)).Value.Fid;
        Assert.True((await client.Open(clone, 0x10000)).IsOk);
        var entries = new List<NinePEntry>();
        var batches = 0;
        while (true)
        {
            var read = await client.ReadEntries(clone, entries.Count == 0 ? 0 : entries[^1].Cookie, entries);
            Assert.True(read.IsOk);
            if (read.Value == 0)
                break;
            batches++;
        }

        Assert.True(batches > 1);
        Assert.Equal(3000, entries.Select(e => System.Text.Encoding.ASCII.GetString(e.Name)).Where(n => n.StartsWith("entry")).Distinct().Count());
    });

    [Fact]
    public Task A_flushed_request_ends_cancelled_and_its_tag_is_used_again() => OnLoop(async (client, root) =>
    {
        var fid = await CreateAsync(client, root, "locked");
        var second = (await client.Walk(root, "locked"u8)).Value.Fid;
        Assert.True((await client.Open(second, 2)).IsOk);
        var range = new NinePLock(NinePLock.Write, 0, 0, 1, "a");
        Assert.Equal(NinePLockStatus.Success, (await client.Lock(fid, range, wait: false)).Value);
        for (var i = 0; i < 5; i++)
        {
            using var cancel = new CancellationTokenSource();
            var waiting = client.Lock(second, range with { ProcessId = 2, ClientId = "b" }, wait: true, cancel.Token).AsTask();
            Assert.True((await client.GetAttributes(root)).IsOk);
            Assert.False(waiting.IsCompleted);
            cancel.Cancel();
            Assert.Equal(Errno.ECANCELED, (await waiting).Error);
            Assert.True((await client.GetAttributes(root)).IsOk);
        }

        using var before = new CancellationTokenSource();
        before.Cancel();
        Assert.Equal(Errno.ECANCELED, (await client.GetAttributes(root, cancel: before.Token)).Error);
        Assert.Equal(Errno.None, client.Error);
        Assert.Equal(0, client.RequestsUnderWay);
    });

    [Fact]
    public Task Cancelling_many_at_random_does_no_harm() => OnLoop(async (client, root) =>
    {
        var random = new Random(5);
        var fid = await CreateAsync(client, root, "x");
        var data = GC.AllocateArray<byte>(100_000, pinned: true);
        for (var round = 0; round < 30; round++)
        {
            using var cancel = new CancellationTokenSource();
            var writes = Enumerable.Range(0, 20).Select(i => client.Write(fid, data, i * 100_000, cancel.Token).AsTask()).ToArray();
            var walks = Enumerable.Range(0, 20).Select(_ => client.Walk(root, "x"u8, cancel.Token).AsTask()).ToArray();
            for (var i = random.Next(3); i > 0; i--)
                await client.GetAttributes(root);
            cancel.Cancel();
            foreach (var write in await Task.WhenAll(writes))
                Assert.True(write.IsOk || write.Error == Errno.ECANCELED);
            foreach (var walk in await Task.WhenAll(walks))
            {
                Assert.True(walk.IsOk || walk.Error == Errno.ECANCELED);
                if (walk.IsOk)
                    client.Forget(walk.Value.Fid);
            }
        }

        Assert.True((await client.GetAttributes(root)).IsOk);
        Assert.Equal(Errno.None, client.Error);
    });

    [Fact]
    public Task Closing_ends_what_is_under_way() => OnLoop(async (client, root) =>
    {
        var calls = Enumerable.Range(0, 10).Select(_ => client.GetAttributes(root).AsTask()).ToArray();
        var closed = client.CloseAsync();
        foreach (var call in await Task.WhenAll(calls))
            Assert.Equal(Errno.ECANCELED, call.Error);
        await closed;
        Assert.Equal(Errno.ECANCELED, (await client.GetAttributes(root)).Error);
        Assert.Equal(Errno.ECANCELED, await client.Clunk(root));
        await client.CloseAsync();
    });

    [Fact]
    public Task Nothing_is_allocated_per_request() => OnLoop(async (client, root) =>
    {
        var fid = await CreateAsync(client, root, "a");
        var buffer = Loop.Buffers.Rent(65536);
        Assert.True((await client.Write(fid, buffer.Slice(0, 65536), 0)).IsOk);
        await Rounds(client, root, fid, buffer, 300);
        var before = GC.GetAllocatedBytesForCurrentThread();
        await Rounds(client, root, fid, buffer, 1000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        buffer.Release();

        // The server lives on this thread too and allocates its fids; five requests a round.
        var own = await WalksOfServerAlone(client, root);
        Assert.True(allocated < (own * 1000) + 16384, $"{allocated} bytes in 5000 requests, of which a walk's fid in the server takes {own}");
    });

    /// <summary>Bytes one walk and clunk cost the server; the client's share of them is what the other requests of the round show to be none.</summary>
    private static async Task<long> WalksOfServerAlone(NinePClient client, uint root)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            await client.Clunk((await client.Walk(root, "a"u8)).Value.Fid);
        return ((GC.GetAllocatedBytesForCurrentThread() - before) / 100) + 1;
    }

    private static async Task Rounds(NinePClient client, uint root, uint fid, NativeBuffer buffer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var read = await client.Read(fid, buffer.Slice(0, 65536), 0);
            var write = await client.Write(fid, buffer.Slice(0, 4096), 0);
            var attributes = await client.GetAttributes(fid);
            var walk = await client.Walk(root, "a"u8);
            var clunk = await client.Clunk(walk.ValueOrDefault.Fid);
            if (!read.IsOk || !write.IsOk || !attributes.IsOk || clunk != Errno.None)
                Assert.Fail($"{read} {write} {attributes} {clunk}");
        }
    }
}
