using Pentode.Files.Host;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>NFSv2 procedures.</summary>
public sealed class Nfs2Tests
{
    private const uint NoEntry = 2, Exist = 17, NotEmpty = 66, Stale = 70;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_session_with_every_procedure(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var mount = c.Call(NfsPeer.MountProgram, 1, 1, new Xdr().Text(NfsHost.Path));
        Assert.Equal(0u, mount.U32());
        Assert.Equal(c.Root, mount.Fixed(32));
        mount.End();
        c.V2(0).End();
        c.V2(3).End();
        c.V2(7).End();

        var made = c.V2(9, new Xdr().Fixed(c.Root).Text("f").Add(Xdr.Change2(0x81A4)));
        Assert.Equal(0u, made.U32());
        var file = made.Fixed(32);
        Assert.Equal([1u, 0x81A4, 1], new[] { made.U32(), made.U32(), made.U32() });
        Assert.Equal(68 - 12, made.Left);
        var write = c.V2(8, new Xdr().Fixed(file).U32(0, 5, 0).Opaque([1, 2, 3]));
        Assert.Equal(0u, write.U32());
        Assert.Equal(68, write.Left);
        var read = c.V2(6, new Xdr().Fixed(file).U32(4, 8192, 0));
        Assert.Equal(0u, read.U32());
        read.Fixed(68);
        Assert.Equal([0, 1, 2, 3], read.Opaque());
        read.End();
        // More than 8 KiB is not written; less is read when more is asked for.
        Assert.Equal(4u, c.AcceptStatus(c.Message(NfsPeer.Nfs, 2, 8, new Xdr().Fixed(file).U32(0, 0, 0).Opaque(new byte[8196]))));
        Assert.Equal(0u, c.V2(8, new Xdr().Fixed(file).U32(0, 8192, 0).Opaque(new byte[8192])).U32());
        read = c.V2(6, new Xdr().Fixed(file).U32(0, 65536, 0));
        _ = (read.U32(), read.Fixed(68));
        Assert.Equal(8192u, read.U32());

        // Existing: taken as it is, cut when a size is given.
        Assert.Equal(0u, c.V2(9, new Xdr().Fixed(c.Root).Text("f").Add(Xdr.Change2(0x1FF, 2))).U32());
        Assert.Equal((2ul, 0x1A4u), (c.Stat(file).Size, c.Stat(file).Mode));
        Assert.Equal(0u, c.V2(2, new Xdr().Fixed(file).Add(Xdr.Change2(0x180, 1))).U32());
        Assert.Equal((1ul, 0x180u), (c.Stat(file).Size, c.Stat(file).Mode));
        Assert.Equal(0u, c.V2(2, new Xdr().Fixed(file).Add(Xdr.Change2(mtimeMicroseconds: 7))).U32());
        Assert.Equal((100u, 7000u), c.Stat(file).Modify);
        Assert.Equal(0u, c.V2(2, new Xdr().Fixed(file).Add(Xdr.Change2(mtimeMicroseconds: 1_000_000))).U32());
        Assert.True(c.Stat(file).Modify.Seconds > 1000 && c.Stat(file).Access.Seconds > 1000);

        Assert.Equal(0u, c.V2(14, new Xdr().Fixed(c.Root).Text("d").Add(Xdr.Change2(0x1ED))).U32());
        var below = c.V2(4, new Xdr().Fixed(c.Root).Text("d"));
        Assert.Equal(0u, below.U32());
        var directory = below.Fixed(32);
        Assert.Equal(2u, below.U32());
        Assert.Equal(0u, c.V2(12, new Xdr().Fixed(file).Fixed(directory).Text("hard")).U32());
        Assert.Equal(0u, c.V2(11, new Xdr().Fixed(c.Root).Text("f").Fixed(directory).Text("moved")).U32());
        Assert.Equal(NotEmpty, c.V2(15, new Xdr().Fixed(c.Root).Text("d")).U32());
        Assert.Equal(0u, c.V2(13, new Xdr().Fixed(c.Root).Text("l").Text("some/where").Add(Xdr.Change2())).U32());
        var link = c.V2(5, new Xdr().Fixed(c.Lookup(c.Root, "l").Handle));
        Assert.Equal((0u, "some/where"), (link.U32(), link.Text()));
        Assert.Equal(0u, c.V2(10, new Xdr().Fixed(directory).Text("hard")).U32());
        Assert.Equal(0u, c.V2(10, new Xdr().Fixed(directory).Text("moved")).U32());
        Assert.Equal(NoEntry, c.V2(10, new Xdr().Fixed(directory).Text("moved")).U32());
        Assert.Equal(0u, c.V2(15, new Xdr().Fixed(c.Root).Text("d")).U32());
        Assert.Equal(Stale, c.V2(1, new Xdr().Fixed(file)).U32());
        var room = c.V2(17, new Xdr().Fixed(c.Root));
        Assert.Equal([0u, 8192, 4096], new[] { room.U32(), room.U32(), room.U32() });
        Assert.Equal(12, room.Left);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Special_files_are_made_by_the_type_in_their_mode(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        foreach (var (name, mode, size, type3, type2, device) in new[]
        {
            ("c", 0x21A4u, 0x0103u, 4u, 4u, 0x0103u), ("b", 0x61A4u, 0x0801u, 3u, 3u, 0x0801u), ("p", 0x11A4u, uint.MaxValue, 7u, 4u, uint.MaxValue),
            ("q", 0x21A4u, uint.MaxValue, 7u, 4u, uint.MaxValue), ("s", 0xC1A4u, uint.MaxValue, 6u, 6u, 0u),
        })
        {
            var made = c.V2(9, new Xdr().Fixed(c.Root).Text(name).Add(Xdr.Change2(mode, size)));
            Assert.Equal(0u, made.U32());
            var handle = made.Fixed(32);
            Assert.Equal(type2, made.U32());
            made.Fixed(24);
            Assert.Equal(device, made.U32());
            Assert.Equal(type3, c.Stat(handle).Type);
            Assert.Equal(Exist, c.V2(9, new Xdr().Fixed(c.Root).Text(name).Add(Xdr.Change2(mode, size))).U32());
        }
    }

    [Theory]
    [InlineData(256u)]
    [InlineData(4096u)]
    public async Task Listings_go_on_from_short_cookies_even_after_a_restart(uint count)
    {
        using var files = new TemporaryDirectory();
        var names = Enumerable.Range(0, 200).Select(i => $"entry-{i}").ToHashSet();
        foreach (var name in names)
            File.WriteAllText(files[name], "");
        var seen = new List<string>();
        var cookie = 0u;
        for (var isEnd = false; !isEnd;)
        {
            // A server of its own for every page: nothing is remembered.
            await using var host = new NfsHost("portable", HostTree.Open(files.Path, new HostTreeOptions()).Value);
            using var c = host.Mounted();
            var reply = c.V2(16, new Xdr().Fixed(c.Root).U32(cookie, count));
            Assert.Equal(0u, reply.U32());
            Assert.InRange(reply.Left, 8, (int)count);
            while (reply.U32() == 1)
            {
                _ = reply.U32();
                seen.Add(reply.Text());
                cookie = reply.U32();
            }

            isEnd = reply.U32() == 1;
            reply.End();
        }

        Assert.Equal(names.Append(".").Append("..").Order(), seen.Order());
    }
}
