using Pentode.Files;
using Pentode.Files.Host;
using Pentode.Testing.Processes;
using Pentode.Tests.Blocks;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>Directories of this machine: what others change there shows at once, large data comes from the page cache, a full disk is told.</summary>
public sealed class NfsHostTreeTests
{
    private const uint NotFound = 2, Access = 13, Invalid = 22, NoSpace = 28, NameTooLong = 63;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Names_found_again_are_those_of_now(string engine)
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost(engine, HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var c = host.Mounted();
        File.WriteAllText(files["one"], "1");
        File.WriteAllText(files["two"], "22");
        var one = c.Lookup(c.Root, "one").Handle;
        Assert.Equal(one, c.Lookup(c.Root, "one").Handle);
        // Its attributes are those of now.
        File.AppendAllText(files["one"], "1");
        var reply = c.V3(3, new Xdr().Opaque(c.Root).Text("one"));
        Assert.Equal(0u, reply.U32());
        Assert.Equal(one, reply.Opaque());
        Assert.Equal(2ul, reply.Post()!.Size);
        // Replaced behind our back, gone, and there again.
        File.Move(files["two"], files["one"], overwrite: true);
        var two = c.Lookup(c.Root, "one").Handle;
        Assert.NotEqual(one, two);
        Assert.Equal(2ul, c.Stat(two).Size);
        File.Delete(files["one"]);
        Assert.Equal(NotFound, c.Lookup(c.Root, "one").Status);
        File.WriteAllText(files["one"], "new");
        Assert.NotEqual(two, c.Lookup(c.Root, "one").Handle);
        Assert.Equal("new"u8.ToArray(), c.Read(c.Lookup(c.Root, "one").Handle, 0, 10).Data);
    }

    [Fact]
    public async Task Who_may_not_search_finds_nothing_that_others_have_found()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the server acts as several users");
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["closed"]);
        File.SetUnixFileMode(files["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(files["closed/file"], "x");
        await using var host = new NfsHost("ring", HostTree.Open(files.Path, new HostTreeOptions { ActAsUser = true }).Value);
        using var root = host.Mounted();
        using var user = host.Mounted(uid: 1000);
        var closed = root.Lookup(root.Root, "closed").Handle;
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0u, root.Lookup(closed, "file").Status);
            Assert.Equal(Access, user.Lookup(closed, "file").Status);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Listings_give_the_handles_lookups_give(bool kernelHandles)
    {
        using var files = new TemporaryDirectory();
        for (var i = 0; i < 50; i++)
            File.WriteAllText(files[$"f{i:00}"], "x");
        // Handles are remembered of what is not quite new.
        await Task.Delay(1100, TestContext.Current.CancellationToken);
        await using var host = new NfsHost("ring", HostTree.Open(files.Path, new HostTreeOptions { UseKernelHandles = kernelHandles }).Value);
        using var c = host.Mounted();
        for (var round = 0; round < 3; round++)
        {
            var listed = List(c);
            Assert.Equal(50, listed.Count);
            foreach (var (name, handle) in listed)
                Assert.Equal(c.Lookup(c.Root, name).Handle, handle);
            // Others under the same names next time.
            for (var i = round; i < 50; i += 3)
            {
                File.WriteAllText(files["new"], "y");
                File.Move(files["new"], files[$"f{i:00}"], overwrite: true);
            }
        }
    }

    [Theory]
    [InlineData("ring", 1 << 20, 0ul)]
    [InlineData("ring", (1 << 20) - 3, 1ul)]
    [InlineData("ring", 131072, 4096ul)]
    [InlineData("ring", 200_001, 3_000_000ul)]
    [InlineData("portable", 777_777, 123ul)]
    public async Task Large_data_comes_whole_with_others_before_and_behind(string engine, int count, ulong offset)
    {
        using var files = new TemporaryDirectory();
        var data = new byte[4 << 20];
        new Random(5).NextBytes(data);
        File.WriteAllBytes(files["data"], data);
        await using var host = new NfsHost(engine, HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var c = host.Mounted();
        var handle = c.Lookup(c.Root, "data").Handle;
        var read = new Xdr().Opaque(handle).U64(offset).U32((uint)count);
        var attributes = new Xdr().Opaque(handle);
        byte[] burst = [];
        for (var i = 0; i < 6; i++)
            burst = [.. burst, .. NfsPeer.Record(c.Message(NfsPeer.Nfs, 3, 6, read, (uint)(1000 + i))), .. NfsPeer.Record(c.Message(NfsPeer.Nfs, 3, 1, attributes, (uint)(2000 + i)))];
        c.Send(burst);
        var seen = new HashSet<uint>();
        for (var i = 0; i < 12; i++)
        {
            var reply = new XdrParser(c.Receive()!);
            var xid = reply.U32();
            Assert.True(seen.Add(xid));
            reply.Fixed(20);
            Assert.Equal(0u, reply.U32());
            if (xid >= 2000)
                continue;
            _ = reply.Post();
            Assert.Equal([(uint)count, offset + (ulong)count == (ulong)data.Length ? 1u : 0], new[] { reply.U32(), reply.U32() });
            Assert.True(reply.Opaque().AsSpan().SequenceEqual(data.AsSpan((int)offset, count)));
            reply.End();
        }

        // Whatever was open for it is closed in time: see the end of the host.
        Assert.Equal(12, seen.Count);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_client_that_does_not_take_its_data_costs_only_itself(string engine)
    {
        using var files = new TemporaryDirectory();
        File.WriteAllBytes(files["data"], new byte[8 << 20]);
        await using var host = new NfsHost(engine, HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var other = host.Mounted();
        var handle = other.Lookup(other.Root, "data").Handle;
        using (var stuck = host.Mounted())
        {
            for (var i = 0; i < 100; i++)
                stuck.SendRecord(stuck.Message(NfsPeer.Nfs, 3, 6, new Xdr().Opaque(handle).U64((ulong)(i % 8) << 20).U32(1 << 20)));
            Assert.Equal(1 << 20, other.Read(handle, 1 << 20, 1 << 20).Data.Length);
        }

        // Its connection ends in the middle of a reply.
        Assert.Equal(1 << 20, other.Read(handle, 0, 1 << 20).Data.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_directory_cannot_be_moved_into_itself(bool onHost)
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("ring", onHost ? HostTree.Open(files.Path, new HostTreeOptions()).Value : null);
        using var c = host.Mounted();
        var above = c.MakeDirectory(c.Root, "above");
        var below = c.MakeDirectory(above, "below");
        foreach (var into in new[] { above, below })
        {
            Assert.Equal(Invalid, c.V3(14, new Xdr().Opaque(c.Root).Text("above").Opaque(into).Text("there")).U32());
            Assert.Equal(Access, c.V2(11, new Xdr().Fixed(c.Root).Text("above").Fixed(into).Text("there")).U32());
        }

        Assert.Equal(above, c.Lookup(c.Root, "above").Handle);
        Assert.Equal(below, c.Lookup(above, "below").Handle);
        Assert.Equal(0u, c.V3(14, new Xdr().Opaque(above).Text("below").Opaque(c.Root).Text("out")).U32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Names_and_paths_too_long_are_refused_by_both_versions(bool onHost)
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("ring", onHost ? HostTree.Open(files.Path, new HostTreeOptions()).Value : null);
        using var c = host.Mounted();
        var (longest, tooLong) = (new string('n', 255), new string('n', 256));
        var keep = Xdr.Change2();
        Assert.Equal(0u, c.V2(9, new Xdr().Fixed(c.Root).Text(longest).Add(keep)).U32());
        Assert.Equal(0u, c.V2(4, new Xdr().Fixed(c.Root).Text(longest)).U32());
        foreach (var name in new[] { tooLong, new string('n', 4000) })
        {
            var at = new Xdr().Fixed(c.Root).Text(name);
            Assert.Equal(NameTooLong, c.V2(4, at).U32());
            Assert.Equal(NameTooLong, c.V2(9, new Xdr().Add(at).Add(keep)).U32());
            Assert.Equal(NameTooLong, c.V2(10, at).U32());
            Assert.Equal(NameTooLong, c.V2(11, new Xdr().Add(at).Fixed(c.Root).Text("new")).U32());
            Assert.Equal(NameTooLong, c.V2(11, new Xdr().Fixed(c.Root).Text(longest).Add(at)).U32());
            Assert.Equal(NameTooLong, c.V2(12, new Xdr().Fixed(c.Root).Add(at)).U32());
            Assert.Equal(NameTooLong, c.V2(13, new Xdr().Add(at).Text("target").Add(keep)).U32());
            Assert.Equal(NameTooLong, c.V2(14, new Xdr().Add(at).Add(keep)).U32());
            Assert.Equal(NameTooLong, c.V2(15, at).U32());
            Assert.Equal(NameTooLong, c.Lookup(c.Root, name).Status);
        }

        // A target longer than the path of version 2 is refused by it, and one made by version 3 is not told to it.
        Assert.Equal(NameTooLong, c.V2(13, new Xdr().Fixed(c.Root).Text("link").Text(new string('t', 1025)).Add(keep)).U32());
        var made = c.V3(10, new Xdr().Opaque(c.Root).Text("link").Add(Xdr.Change3(0x1FF)).Text(new string('t', 1025)));
        Assert.Equal(0u, made.U32());
        Assert.Equal(NameTooLong, c.V2(5, new Xdr().Fixed(made.PostHandle()!)).U32());
    }

    [Fact]
    public async Task A_full_disk_is_told_and_loses_nothing()
    {
        using var mount = new TemporaryMount("tmpfs", "size=256k");
        await using var host = new NfsHost("ring", HostTree.Open(mount["."], new HostTreeOptions()).Value);
        using var c = host.Mounted();
        var handle = c.Create(c.Root, "file");
        var page = new byte[4096];
        var pages = 0u;
        uint status;
        for (; (status = c.Write(handle, pages * 4096ul, [.. page.Select(_ => (byte)pages)])) == 0; pages++)
            Assert.True(pages < 100);
        Assert.Equal(NoSpace, status);
        Assert.Equal(NoSpace, c.V2(8, new Xdr().Fixed(handle).U32(0, pages * 4096, 0).Opaque(page)).U32());
        // Durable writes and commits say what they can; what was acknowledged is there.
        Assert.Equal(NoSpace, c.Write(handle, pages * 4096ul, page, 2));
        Assert.Equal(0u, c.V3(21, new Xdr().Opaque(handle).U64(0).U32(0)).U32());
        for (var i = 0u; i < pages; i++)
            Assert.Equal((byte)i, c.Read(handle, i * 4096ul, 1).Data[0]);
        Assert.Equal(0u, c.Remove(c.Root, "file"));
        Assert.Equal(0u, c.Write(c.Create(c.Root, "again"), 0, page));
    }

    private static List<(string Name, byte[] Handle)> List(NfsPeer c)
    {
        var found = new List<(string, byte[])>();
        var reply = c.V3(17, new Xdr().Opaque(c.Root).U64(0).U64(0).U32(8192, 32768));
        Assert.Equal(0u, reply.U32());
        _ = reply.Post();
        reply.U64();
        while (reply.U32() == 1)
        {
            reply.U64();
            var name = System.Text.Encoding.UTF8.GetString(reply.Opaque());
            reply.U64();
            _ = reply.Post();
            var handle = reply.PostHandle();
            if (name is not ("." or ".."))
                found.Add((name, handle!));
        }

        Assert.Equal(1u, reply.U32());
        return found;
    }
}
