using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Files.Host;
using Pentode.Files.Memory;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>File handles: who makes them, how long they last, what forged ones get.</summary>
public sealed class HandleTests
{
    private const uint Stale = 70, BadHandle = 10001;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_handle_with_one_bit_changed_or_cut_leads_nowhere(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "file");
        Assert.Equal(32, file.Length);
        for (var bit = 0; bit < 256; bit++)
        {
            var forged = file.ToArray();
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(BadHandle, c.V3(1, new Xdr().Opaque(forged)).U32());
        }

        for (var length = 0; length <= 64; length += length == 31 ? 2 : 1)
            Assert.Equal(length == 32 ? 0 : BadHandle, c.V3(1, new Xdr().Opaque([.. file.Concat(new byte[32]).Take(length)])).U32());
        Assert.Equal(Stale, c.V2(1, new Xdr().Fixed(new byte[32])).U32());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_handle_follows_its_object_and_ends_with_it(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "file");
        var id = c.Stat(file).Id;
        var below = c.MakeDirectory(c.Root, "below");
        Assert.Equal(0u, c.V3(14, new Xdr().Opaque(c.Root).Text("file").Opaque(below).Text("moved")).U32());
        Assert.Equal(id, c.Stat(file).Id);
        Assert.Equal(file, c.Lookup(below, "moved").Handle);
        // The same 32 bytes for both versions.
        Assert.Equal(0u, c.V2(1, new Xdr().Fixed(file)).U32());
        Assert.Equal(0u, c.Remove(below, "moved"));
        Assert.Equal(Stale, c.V3(1, new Xdr().Opaque(file)).U32());
        Assert.Equal(Stale, c.V2(1, new Xdr().Fixed(file)).U32());
        Assert.Equal(Stale, c.Read(file, 0, 10).Status);
        Assert.Equal(0u, c.V3(13, new Xdr().Opaque(c.Root).Text("below")).U32());
        Assert.Equal(Stale, c.V3(1, new Xdr().Opaque(below)).U32());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_grant_taken_back_makes_its_handles_stale_at_once(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted(peer: "127.0.0.1:2000");
        var grant = host.Exports.For(System.Net.IPAddress.Loopback)[0];
        host.Exports.Set();
        Assert.Equal(Stale, c.V3(1, new Xdr().Opaque(c.Root)).U32());
        Assert.Equal(13u, c.Call(NfsPeer.MountProgram, 3, 1, new Xdr().Text(NfsHost.Path)).U32());
        host.Exports.Set(grant with { Id = 8 });
        Assert.Equal(Stale, c.V3(1, new Xdr().Opaque(c.Root)).U32());
        host.Exports.Set(grant);
        Assert.Equal(0u, c.V3(1, new Xdr().Opaque(c.Root)).U32());
        host.Exports.Set(grant with { NeedsPrivilegedPort = true });
        Assert.Equal(13u, c.V3(1, new Xdr().Opaque(c.Root)).U32());
        using var low = host.Connect("127.0.0.1:1023");
        Assert.Equal(0u, low.V3(1, new Xdr().Opaque(c.Root)).U32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handles_of_a_directory_of_the_host_survive_a_restart_of_the_server(bool kernelHandles)
    {
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["a/b"]);
        File.WriteAllText(files["a/b/file"], "content");
        byte[] file, directory;
        await using (var host = new NfsHost("portable", HostTree.Open(files.Path, Options(kernelHandles)).Value))
        {
            using var c = host.Mounted();
            directory = c.Lookup(c.Lookup(c.Root, "a").Handle, "b").Handle;
            file = c.Lookup(directory, "file").Handle;
        }

        File.Move(files["a/b/file"], files["a/renamed"]);
        File.WriteAllText(files["a/b/file"], "another");
        await using (var host = new NfsHost("portable", HostTree.Open(files.Path, Options(kernelHandles)).Value))
        {
            using var c = host.Mounted();
            Assert.Equal("content"u8.ToArray(), c.Read(file, 0, 100).Data);
            Assert.Equal("another"u8.ToArray(), c.Read(c.Lookup(directory, "file").Handle, 0, 100).Data);
            // Up, and no further than the export.
            var up = c.Lookup(directory, "..").Handle;
            Assert.Equal(c.Lookup(c.Root, "a").Handle, up);
            Assert.Equal(c.Root, c.Lookup(up, "..").Handle);
            Assert.Equal(c.Root, c.Lookup(c.Root, "..").Handle);
            File.Delete(files["a/renamed"]);
            Assert.Equal(Stale, c.Read(file, 0, 100).Status);
        }

        await using var last = new NfsHost("portable", HostTree.Open(files.Path, Options(kernelHandles)).Value);
        using var d = last.Mounted();
        Assert.Equal(Stale, d.V3(1, new Xdr().Opaque(file)).U32());
        Directory.Move(files["a/b"], files["b"]);
        Assert.Equal(0u, d.V3(1, new Xdr().Opaque(directory)).U32());
    }

    [Fact]
    public async Task A_handle_of_another_tree_or_key_leads_nowhere()
    {
        byte[] file;
        await using (var host = new NfsHost("portable"))
        {
            using var c = host.Mounted();
            file = c.Create(c.Root, "file");
        }

        await using var other = new NfsHost("portable");
        using var d = other.Mounted();
        d.Create(d.Root, "file");
        Assert.Equal(Stale, d.V3(1, new Xdr().Opaque(file)).U32());
        await using var keyed = new NfsHost("portable", options: NfsHost.Options with { HandleKey = new byte[32] });
        using var e = keyed.Mounted();
        Assert.Equal(BadHandle, e.V3(1, new Xdr().Opaque(file)).U32());
    }

    [Fact]
    public async Task Objects_beyond_the_limit_are_found_again()
    {
        using var files = new TemporaryDirectory();
        await using var host = new NfsHost("portable", HostTree.Open(files.Path, new HostTreeOptions()).Value, NfsHost.Options with { MaxObjects = 8, MaxOpenFiles = 4 });
        using var c = host.Mounted();
        var handles = Enumerable.Range(0, 100).Select(i => c.Create(c.Root, $"f{i}")).ToList();
        for (var i = 0; i < 100; i++)
            Assert.Equal(0u, c.Write(handles[i], 0, [(byte)i]));
        for (var i = 0; i < 100; i++)
            Assert.Equal([(byte)i], c.Read(handles[i], 0, 10).Data);
        Assert.InRange(host.Metric("pentode.nfs.objects"), 1, 9);
        Assert.InRange(host.Metric("pentode.nfs.open_files"), 0, 5);
    }

    [Fact]
    public async Task One_tree_in_two_grants_has_two_kinds_of_handles()
    {
        await using var volume = new Volume("t", new MemoryTree(rootMode: 0x1FF));
        await using var host = new NfsHost("portable", volume: volume);
        host.Exports.Set(new TreeGrant("/one", 1, volume, false), new TreeGrant("/two", 2, volume.View(o => o with { ReadOnly = true }), false));
        using var c = host.Connect();
        var (one, two) = (c.Mount("/one"), c.Mount("/two/"));
        var file = c.Create(one, "file");
        var same = c.Lookup(two, "file").Handle;
        Assert.NotEqual(file, same);
        Assert.Equal(c.Stat(file).Id, c.Stat(same).Id);
        Assert.NotEqual(c.Stat(file).FileSystem, c.Stat(same).FileSystem);
        Assert.Equal(30u, c.Write(same, 0, [1]));
        Assert.Equal(0u, c.Write(file, 0, [1]));
        Assert.Equal(18u, c.V3(14, new Xdr().Opaque(one).Text("file").Opaque(two).Text("file")).U32());
        Assert.Equal(18u, c.V3(15, new Xdr().Opaque(same).Opaque(one).Text("file2")).U32());
    }

    private static HostTreeOptions Options(bool kernelHandles) => new() { UseKernelHandles = kernelHandles };
}
