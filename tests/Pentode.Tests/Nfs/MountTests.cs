using System.Text;
using Pentode.Files.Exports;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>MOUNT and the port mapper.</summary>
public sealed class MountTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Exports_and_what_lies_below_them_can_be_mounted(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var below = c.MakeDirectory(c.MakeDirectory(c.Root, "a"), "b");
        c.Create(c.Root, "file");
        void Link(string name, string target) => Assert.Equal(0u, c.V3(10, new Xdr().Opaque(c.Root).Text(name).Add(Xdr.Change3()).Text(target)).U32());
        Link("inside", "a/./b");
        Link("absolute", "/export//a");
        Link("up", "a/b/../../a");
        Link("out", "/etc");
        Link("over", "../../..");
        Link("loop", "loop");
        foreach (var path in new[] { "/export/a/b", "//export/./a//b/", "/export/inside", "/export/absolute/b", "/export/up/b" })
            Assert.Equal(below, c.Mount(path));
        Assert.Equal(c.Root, c.Mount("/export/over"));
        foreach (var (path, status) in new[]
        {
            ("/export/none", 2u), ("/export/file", 20u), ("/export/out", 13u), ("/export/loop", 22u), ("/expor", 13u), ("/exporter", 13u), ("", 13u), ("/", 13u),
            ("/" + new string('x', 2000), 63u),
        })
        {
            foreach (var version in new uint[] { 1, 2, 3 })
                Assert.Equal(status, c.Call(NfsPeer.MountProgram, version, 1, new Xdr().Text(path)).U32());
        }

        var full = c.Call(NfsPeer.MountProgram, 3, 1, new Xdr().Text("/export"));
        _ = (full.U32(), full.Opaque());
        Assert.Equal([1u, 1], new[] { full.U32(), full.U32() });
        full.End();
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task The_longest_path_of_several_exports_counts(string engine)
    {
        await using var host = new NfsHost(engine);
        host.Exports.Set(new TreeGrant("/", 1, host.Volume, false), new TreeGrant("/a/b", 2, host.Volume, false));
        using var c = host.Connect();
        var root = c.Mount("/");
        var a = c.MakeDirectory(root, "a");
        Assert.Equal(a, c.Mount("/a"));
        Assert.Equal(2ul, c.Stat(c.Mount("/a/b")).FileSystem);
        Assert.Equal(2ul, c.Stat(c.Mount("/a/b/a")).FileSystem);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Lists_tell_what_there_is_and_who_has_it(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var exports = c.Call(NfsPeer.MountProgram, 3, 5);
        Assert.Equal(new Xdr().U32(1).Text("/export").U32(1).Text("10.0.0.0/8").U32(1).Text("localhost").U32(0, 0).Bytes, exports.Rest());
        Assert.Equal(new Xdr().U32(1).Text("127.0.0.1").Text("/export").U32(0).Bytes, c.Call(NfsPeer.MountProgram, 1, 2).Rest());
        c.Call(NfsPeer.MountProgram, 3, 3, new Xdr().Text("/export")).End();
        Assert.Equal(new byte[4], c.Call(NfsPeer.MountProgram, 3, 2).Rest());
        c.Mount("/export");
        c.Call(NfsPeer.MountProgram, 3, 4).End();
        Assert.Equal(new byte[4], c.Call(NfsPeer.MountProgram, 3, 2).Rest());
        var limits = c.Call(NfsPeer.MountProgram, 2, 7, new Xdr().Text("/export"));
        Assert.Equal(65000u, limits.U32());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task The_port_mapper_knows_our_programs_and_takes_no_others(string engine)
    {
        await using var host = new NfsHost(engine, options: NfsHost.Options with { Port = 12345, PortmapPort = 1111 });
        using var c = host.Connect();
        uint Port(uint program, uint version, uint protocol) => c.Call(NfsPeer.Portmap, 2, 3, new Xdr().U32(program, version, protocol, 0)).U32();
        Assert.Equal(12345u, Port(NfsPeer.Nfs, 3, 6));
        Assert.Equal(12345u, Port(NfsPeer.MountProgram, 1, 6));
        Assert.Equal(0u, Port(NfsPeer.Nfs, 3, 17));
        Assert.Equal(0u, Port(100021, 4, 6));
        Assert.Equal(0u, c.Call(NfsPeer.Portmap, 2, 1, new Xdr().U32(NfsPeer.Nfs, 3, 6, 99)).U32());
        Assert.Equal(3u, c.AcceptStatus(c.Message(NfsPeer.Portmap, 2, 5, new Xdr().U32(1, 1, 1, 0))));
        var dump = c.Call(NfsPeer.Portmap, 2, 4);
        var programs = new List<(uint, uint, uint, uint)>();
        while (dump.U32() == 1)
            programs.Add((dump.U32(), dump.U32(), dump.U32(), dump.U32()));
        Assert.Contains((NfsPeer.Nfs, 2u, 6u, 12345u), programs);
        Assert.Contains((NfsPeer.Portmap, 2u, 6u, 1111u), programs);
        var address = c.Call(NfsPeer.Portmap, 4, 3, new Xdr().U32(NfsPeer.Nfs, 3).Text("tcp").Text("127.0.0.1.0.111").Text(""));
        Assert.Equal("127.0.0.1.48.57", Encoding.ASCII.GetString(address.Opaque()));
    }
}
