using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Sqlite;
using Pentode.Names.Tree;
using Pentode.Testing.Processes;
using Pentode.Tests.Nfs;
using Pentode.Tests.Uring;

namespace Pentode.Tests.Names;

/// <summary>Calls of NFS on a namespace that come again when daemon and store were stopped and started: same answer, nothing done.</summary>
public sealed class NfsCallTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task What_was_done_before_a_restart_is_not_done_again(string engine)
    {
        using var files = new TemporaryDirectory(memory: true);
        List<(string Name, uint Version, byte[] Message, byte[] Reply)> done = [];
        string picture;
        long events;
        await using (var store = await SqliteCatalog.Open(files["names.db"], new CatalogOptions(), NullLog.Instance))
        {
            await using (var volume = VolumeOf(store))
            await using (var host = new NfsHost(engine, volume: volume))
            {
                using var c = host.Mounted();
                Changes(c, done);
            }

            (picture, events) = (await StoreWorkload.Picture(store), await Events(store));
        }

        await using (var store = await SqliteCatalog.Open(files["names.db"], new CatalogOptions(), NullLog.Instance))
        {
            await using (var volume = VolumeOf(store))
            await using (var host = new NfsHost(engine, volume: volume))
            {
                // From another port: a client's address alone counts.
                using var c = host.Mounted(peer: "127.0.0.1:777");
                foreach (var (name, version, message, reply) in done)
                {
                    c.SendRecord(message);
                    var again = c.Receive()!;
                    Assert.True(again.AsSpan(0, 28).SequenceEqual(reply.AsSpan(0, 28)), $"{name}: {Convert.ToHexString(again)}");

                    // A handle of version 3 after its status.
                    if (version == 3 && reply.Length > 64 && reply[31] == 1 && name.StartsWith("make", StringComparison.Ordinal))
                        Assert.True(again.AsSpan(28, 40).SequenceEqual(reply.AsSpan(28, 40)), name);
                }

                Assert.True(host.Metric("pentode.nfs.replayed") >= 5);

                // Another call with the same arguments is another call.
                Assert.Equal(2u, c.Remove(c.Root, "gone"));
            }

            Assert.Equal(picture, await StoreWorkload.Picture(store));
            Assert.Equal(events, await Events(store));
        }
    }

    private static void Changes(NfsPeer c, List<(string, uint, byte[], byte[])> done)
    {
        var xid = 1000u;
        var file = Made(Do("make a file", 3, 8, In(c.Root, "f").U32(1).Add(Xdr.Change3(0x1A4))));
        Do("make with times", 3, 8, In(c.Root, "t").U32(0).Add(Xdr.Change3(0x1A4, mtime: 1000)));
        Do("make exclusively", 3, 8, In(c.Root, "x").U32(2).U64(77));
        var directory = Made(Do("make a directory", 3, 9, In(c.Root, "d").Add(Xdr.Change3(0x1ED))));
        Do("make a link", 3, 10, In(c.Root, "s").Add(Xdr.Change3()).Text("target"));
        Do("make a fifo", 3, 11, In(c.Root, "p").U32(7).Add(Xdr.Change3(0x1A4)));
        Do("link", 3, 15, new Xdr().Opaque(file).Opaque(directory).Text("hard"));
        Do("rename", 3, 14, In(c.Root, "p").Opaque(directory).Text("pipe"));
        var (seconds, nanoseconds) = c.Stat(file).Change;
        Do("setattr", 3, 2, new Xdr().Opaque(file).Add(Xdr.Change3(0x180)).U32(1, seconds, nanoseconds));
        Do("touch a switch", 3, 8, In(c.Root, ".(fset)(f)(io)").U32(1).Add(Xdr.Change3(0x1A4)));
        Do("write of version 2", 2, 8, new Xdr().Fixed(file).U32(0, 0, 0).Opaque([1, 2, 3]));
        Do("write of version 2 over it", 2, 8, new Xdr().Fixed(file).U32(0, 0, 0).Opaque([4, 5, 6]));
        Do("rm a switch", 3, 12, In(c.Root, ".(fset)(f)(io)"));
        Do("make of version 2", 2, 9, new Xdr().Fixed(c.Root).Text("v2").Add(Xdr.Change2(0x1A4)));
        Do("rename of version 2", 2, 11, new Xdr().Fixed(c.Root).Text("v2").Fixed(directory).Text("w2"));
        Do("setattr of version 2", 2, 2, new Xdr().Fixed(file).Add(Xdr.Change2(0x1C0)));

        // Directory and file are gone in the end.
        var gone = Made(Do("make a directory that goes", 3, 9, In(c.Root, "gone").Add(Xdr.Change3(0x1ED))));
        Do("make a file that goes", 3, 8, In(c.Root, "goes").U32(1).Add(Xdr.Change3(0x1A4)));
        Do("make in it", 2, 13, new Xdr().Fixed(gone).Text("s").Text("target").Add(Xdr.Change2()));
        Do("remove in it", 3, 12, In(gone, "s"));
        Do("rmdir", 3, 13, In(c.Root, "gone"));
        Do("remove", 3, 12, In(c.Root, "goes"));

        byte[] Do(string name, uint version, uint procedure, Xdr arguments)
        {
            var message = c.Message(NfsPeer.Nfs, version, procedure, arguments, xid++);
            c.SendRecord(message);
            var reply = c.Receive()!;
            Assert.True(reply.AsSpan(24, 4).SequenceEqual(new byte[4]), $"{name}: {Convert.ToHexString(reply)}");
            done.Add((name, version, message, reply));
            return reply;
        }
    }

    private static Xdr In(byte[] directory, string name) => new Xdr().Opaque(directory).Text(name);

    private static byte[] Made(byte[] reply) => reply[36..68];

    private static async Task<long> Events(CatalogStore store) => (await store.ListEvents(0, 10_000)).Value.Count;

    private static Volume VolumeOf(CatalogStore store) => new(NfsHost.Path, new NamesTree(new SharedNamespace(store, "test"), new ViewOptions { Io = Pentode.Names.Exports.IoMode.Full }), new VolumeOptions { AllowDevices = true });
}
