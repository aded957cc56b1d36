using Pentode.Files.Memory;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>Every byte of the reply to every procedure, written down from RFC 1813 and RFC 1094, on a tree whose clock stands still.</summary>
public sealed class GoldenTests
{
    private const uint Now = 1_700_000_000;
    private const ulong RootId = 1, FileId = 2;
    private const uint DirectorySize = 4096;

    [Fact]
    public async Task Every_procedure_of_version_3()
    {
        await using var host = new NfsHost("portable", new MemoryTree(rootMode: 0x1FF, clock: new StandingClock()));
        using var c = host.Mounted();
        Xdr In(string name) => new Xdr().Opaque(c.Root).Text(name);
        Xdr Root(uint links = 2) => Attributes3(2, 0x1FF, links, DirectorySize, RootId);
        Xdr Change(uint links = 2) => Wcc(DirectorySize, Root(links));

        var file = c.Create(c.Root, "file", 0x1A4);
        Xdr File(ulong size = 0, uint mode = 0x1A4, uint links = 1, ulong used = 0) => Attributes3(1, mode, links, size, FileId, used);
        Expect(c, 0, null, new Xdr());
        Expect(c, 1, new Xdr().Opaque(file), new Xdr().U32(0).Add(File()));
        Expect(c, 2, new Xdr().Opaque(file).Add(Xdr.Change3(0x180)).U32(0), new Xdr().U32(0).Add(Wcc(0, File(mode: 0x180))));
        Expect(c, 3, In("file"), new Xdr().U32(0).Opaque(file).U32(1).Add(File(mode: 0x180)).U32(1).Add(Root()));
        Expect(c, 3, In("none"), new Xdr().U32(2, 1).Add(Root()));
        Expect(c, 4, new Xdr().Opaque(file).U32(0x3F), new Xdr().U32(0, 1).Add(File(mode: 0x180)).U32(0xD));
        Expect(c, 5, new Xdr().Opaque(file), new Xdr().U32(22, 1).Add(File(mode: 0x180)));
        var verifier = c.V3(7, new Xdr().Opaque(file).U64(0).U32(0, 0).Opaque([]));
        verifier.Fixed(4 + 4 + 24 + 4 + 84 + 8);
        var verf = verifier.U64();
        Expect(c, 7, new Xdr().Opaque(file).U64(0).U32(5, 2).Text("abcde"),
            new Xdr().U32(0).Add(Wcc(0, File(5, 0x180, used: 4096))).U32(5, 2).U64(verf));
        Expect(c, 6, new Xdr().Opaque(file).U64(1).U32(3), new Xdr().U32(0, 1).Add(File(5, 0x180, used: 4096)).U32(3, 0).Text("bcd"));
        Expect(c, 6, new Xdr().Opaque(file).U64(1).U32(9), new Xdr().U32(0, 1).Add(File(5, 0x180, used: 4096)).U32(4, 1).Text("bcde"));
        Expect(c, 21, new Xdr().Opaque(file).U64(0).U32(0), new Xdr().U32(0).Add(Wcc(5, File(5, 0x180, used: 4096))).U64(verf));
        Expect(c, 8, In("file").U32(1).Add(Xdr.Change3()), new Xdr().U32(17).Add(Change()));

        // What is made gets the next number; its handle is looked up afterwards.
        Make(c, 8, "made", x => x.U32(1).Add(Xdr.Change3(0x1A4)), Attributes3(1, 0x1A4, 1, 0, 3), Change());
        Make(c, 9, "dir", x => x.Add(Xdr.Change3(0x1ED)), Attributes3(2, 0x1ED, 2, DirectorySize, 4), Change(3));
        Make(c, 10, "link", x => x.Add(Xdr.Change3()).Text("to"), Attributes3(5, 0x1FF, 1, 2, 5), Change(3));
        Make(c, 11, "node", x => x.U32(4).Add(Xdr.Change3(0x180)).U32(7, 9), Attributes3(4, 0x180, 1, 0, 6, device: (7, 9)), Change(3));
        Expect(c, 5, new Xdr().Opaque(c.Lookup(c.Root, "link").Handle), new Xdr().U32(0, 1).Add(Attributes3(5, 0x1FF, 1, 2, 5)).Text("to"));
        Expect(c, 12, In("node"), new Xdr().U32(0).Add(Change(3)));
        Expect(c, 13, In("dir"), new Xdr().U32(0).Add(Change()));
        Expect(c, 14, In("made").Opaque(c.Root).Text("moved"), new Xdr().U32(0).Add(Change()).Add(Change()));
        Expect(c, 15, new Xdr().Opaque(file).Add(In("hard")), new Xdr().U32(0, 1).Add(File(5, 0x180, 2, 4096)).Add(Change()));
        Assert.Equal(0u, c.Remove(c.Root, "hard"));
        Assert.Equal(0u, c.Remove(c.Root, "link"));
        Assert.Equal(0u, c.Remove(c.Root, "moved"));

        var listing = c.V3(16, new Xdr().Opaque(c.Root).U64(0).U64(0).U32(4096));
        var cookies = Cookies(listing, isPlus: false);
        Expect(c, 16, new Xdr().Opaque(c.Root).U64(0).U64(0).U32(4096), new Xdr().U32(0, 1).Add(Root()).U64(1)
            .U32(1).U64(RootId).Text(".").U64(cookies[0]).U32(1).U64(RootId).Text("..").U64(cookies[1]).U32(1).U64(FileId).Text("file").U64(cookies[2]).U32(0, 1));
        Expect(c, 17, new Xdr().Opaque(c.Root).U64(cookies[1]).U64(0).U32(0, 4096), new Xdr().U32(0, 1).Add(Root()).U64(1)
            .U32(1).U64(FileId).Text("file").U64(cookies[2]).U32(0, 0).U32(0, 1));
        Expect(c, 19, new Xdr().Opaque(c.Root), new Xdr().U32(0, 1).Add(Root()).U32(1 << 20, 1 << 20, 4096, 1 << 20, 1 << 20, 4096, 65536).U64(long.MaxValue).U32(0, 1, 27));
        Expect(c, 20, new Xdr().Opaque(c.Root), new Xdr().U32(0, 1).Add(Root()).U32(65000, 255, 1, 1, 0, 1));
        var room = (1ul << 30) - 4096;
        Expect(c, 18, new Xdr().Opaque(c.Root), new Xdr().U32(0, 1).Add(Root()).U64(1 << 30).U64(room).U64(room).U64(1_000_002).U64(1_000_000).U64(1_000_000).U32(0));
    }

    [Fact]
    public async Task Every_procedure_of_version_2()
    {
        await using var host = new NfsHost("portable", new MemoryTree(rootMode: 0x1FF, clock: new StandingClock()));
        using var c = host.Mounted();
        Xdr In(string name) => new Xdr().Fixed(c.Root).Text(name);
        Expect2(c, 1, new Xdr().Fixed(c.Root), new Xdr().U32(0).Add(Attributes2(2, 0x41FF, 2, DirectorySize, RootId)));
        var file = c.Create(c.Root, "file", 0x1A4);
        Expect2(c, 2, new Xdr().Fixed(file).Add(Xdr.Change2(0x180)), new Xdr().U32(0).Add(Attributes2(1, 0x8180, 1, 0, FileId)));
        Expect2(c, 4, In("file"), new Xdr().U32(0).Fixed(file).Add(Attributes2(1, 0x8180, 1, 0, FileId)));
        Expect2(c, 4, In("none"), new Xdr().U32(2));
        Expect2(c, 8, new Xdr().Fixed(file).U32(0, 0, 0).Text("abc"), new Xdr().U32(0).Add(Attributes2(1, 0x8180, 1, 3, FileId, 8)));
        Expect2(c, 6, new Xdr().Fixed(file).U32(1, 8, 0), new Xdr().U32(0).Add(Attributes2(1, 0x8180, 1, 3, FileId, 8)).Text("bc"));
        Expect2(c, 9, In("file").Add(Xdr.Change2(0x1FF)), new Xdr().U32(0).Fixed(file).Add(Attributes2(1, 0x8180, 1, 3, FileId, 8)));
        Expect2(c, 13, In("link").Text("to").Add(Xdr.Change2()), new Xdr().U32(0));
        Expect2(c, 5, new Xdr().Fixed(c.Lookup(c.Root, "link").Handle), new Xdr().U32(0).Text("to"));
        var made = c.V2(14, In("dir").Add(Xdr.Change2(0x1ED))).Rest();
        Assert.Equal(new Xdr().U32(0).Fixed(c.Lookup(c.Root, "dir").Handle).Add(Attributes2(2, 0x41ED, 2, DirectorySize, 4)).Bytes, made);
        Expect2(c, 12, new Xdr().Fixed(file).Fixed(c.Root).Text("hard"), new Xdr().U32(0));
        Expect2(c, 11, In("hard").Fixed(c.Root).Text("other"), new Xdr().U32(0));
        Expect2(c, 10, In("other"), new Xdr().U32(0));
        Expect2(c, 10, In("other"), new Xdr().U32(2));
        Expect2(c, 15, In("dir"), new Xdr().U32(0));
        Expect2(c, 10, In("link"), new Xdr().U32(0));
        Expect2(c, 16, new Xdr().Fixed(c.Root).U32(2, 512), new Xdr().U32(0).U32(1, (uint)FileId).Text("file").U32(3).U32(0, 1));
        Expect2(c, 17, new Xdr().Fixed(c.Root), new Xdr().U32(0, 8192, 4096, 1 << 18, (1 << 18) - 1, (1 << 18) - 1));
        foreach (var empty in new uint[] { 0, 3, 7 })
            Expect2(c, empty, null, new Xdr());
    }

    private static void Expect(NfsPeer c, uint procedure, Xdr? arguments, Xdr reply) =>
        Assert.Equal(Convert.ToHexString(reply.Bytes), Convert.ToHexString(c.V3(procedure, arguments).Rest()));

    private static void Expect2(NfsPeer c, uint procedure, Xdr? arguments, Xdr reply) =>
        Assert.Equal(Convert.ToHexString(reply.Bytes), Convert.ToHexString(c.V2(procedure, arguments).Rest()));

    private static void Make(NfsPeer c, uint procedure, string name, Func<Xdr, Xdr> rest, Xdr attributes, Xdr change)
    {
        var reply = c.V3(procedure, rest(new Xdr().Opaque(c.Root).Text(name))).Rest();
        var handle = c.Lookup(c.Root, name).Handle;
        Assert.Equal(Convert.ToHexString(new Xdr().U32(0, 1).Opaque(handle).U32(1).Add(attributes).Add(change).Bytes), Convert.ToHexString(reply));
    }

    private static Xdr Attributes3(uint type, uint mode, uint links, ulong size, ulong id, ulong used = 0, (uint Major, uint Minor) device = default) => new Xdr()
        .U32(type, mode, links, 0, 0).U64(size).U64(used).U32(device.Major, device.Minor).U64(7).U64(id).U32(Now, 0, Now, 0, Now, 0);

    private static Xdr Attributes2(uint type, uint mode, uint links, uint size, ulong id, uint blocks = 0) => new Xdr()
        .U32(type, mode, links, 0, 0, size, 4096, 0, blocks, 7, (uint)id, Now, 0, Now, 0, Now, 0);

    private static Xdr Wcc(ulong sizeBefore, Xdr after) => new Xdr().U32(1).U64(sizeBefore).U32(Now, 0, Now, 0).U32(1).Add(after);

    private static List<ulong> Cookies(XdrParser reply, bool isPlus)
    {
        _ = (reply.U32(), reply.Post(), reply.U64());
        var cookies = new List<ulong>();
        while (reply.U32() == 1)
        {
            _ = (reply.U64(), reply.Text());
            cookies.Add(reply.U64());
            if (isPlus)
                _ = (reply.Post(), reply.PostHandle());
        }

        return cookies;
    }

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }
}
