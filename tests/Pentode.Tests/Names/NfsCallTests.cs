using Pentode.Core;
using Pentode.Core.Commits;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Sqlite;
using Pentode.Names.Tree;
using Pentode.Sqlite;
using Pentode.Testing.Processes;
using Pentode.Tests.Nfs;
using Pentode.Tests.Uring;

namespace Pentode.Tests.Names;

/// <summary>Calls of NFS on a namespace that come again when daemon and store were stopped and started: same answer, nothing done.</summary>
[Collection(nameof(StoreAlone))]
public sealed class NfsCallTests
{
    private const int Points = 1000;

    private delegate byte[] Exchange(string name, uint version, byte[] message);

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
                Changes(c, "", (name, version, message) =>
                {
                    var reply = Send(c, name, message);
                    done.Add((name, version, message, reply));
                    return reply;
                });
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
                    var again = Send(c, name, message);

                    // A handle of version 3 after its status.
                    if (version == 3 && name.StartsWith("make", StringComparison.Ordinal))
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

    /// <summary>Each read of the store is a switch of threads, and on PostgreSQL a round trip.</summary>
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_lookup_reads_the_store_twice_and_a_change_twice_beside_itself(string engine)
    {
        using var files = new TemporaryDirectory(memory: true);
        await using var store = await SqliteCatalog.Open(files["names.db"], new CatalogOptions(), NullLog.Instance);
        await using var volume = VolumeOf(store);
        await using var host = new NfsHost(engine, volume: volume);
        using var c = host.Mounted();
        _ = c.Stat(c.Root);
        Assert.Equal((32u, 2), await Reads(() => (uint)c.Create(c.Root, "file").Length));
        Assert.Equal((0u, 2), await Reads(() => c.Lookup(c.Root, "file").Status));
        Assert.Equal((2u, 2), await Reads(() => c.Lookup(c.Root, "nothing").Status));

        async Task<(uint Status, int Reads)> Reads(Func<uint> call)
        {
            var before = (await store.GetStatistics()).Value.Reads;
            var status = call();
            return (status, (int)((await store.GetStatistics()).Value.Reads - before - 1));
        }
    }

    /// <summary>The files as SIGKILL leaves them, at every point of the transactions of every kind of call: each must take the call again, answer well, and be as if it had come once.</summary>
    [Fact]
    public async Task A_call_cut_off_at_any_point_is_done_once_when_it_comes_again()
    {
        using var files = new TemporaryDirectory(memory: true);
        var file = files["names.db"];
        var gate = new Lock();
        var images = new List<string>();
        var isArmed = false;
        Errno Copy()
        {
            if (Thread.CurrentThread.Name != $"sqlite-write {file}-0")
                return Errno.None;
            lock (gate)
            {
                if (!isArmed)
                    return Errno.None;
                var image = files["image-" + images.Count];
                File.Copy(file, image);
                if (File.Exists(file + "-wal"))
                    File.Copy(file + "-wal", image + "-wal");
                images.Add(image);
                return Errno.None;
            }
        }

        void Arm(bool isOn)
        {
            lock (gate)
                isArmed = isOn;
        }

        await using var store = await SqliteCatalog.Open(file, new CatalogOptions { Readers = 1 }, NullLog.Instance);
        await using var volume = VolumeOf(store);
        await using var host = new NfsHost("portable", volume: volume);
        using var c = host.Mounted();
        using var step = SqliteFaults.Step.Arm(Copy);
        using var begin = CommitFaults.Begin.Arm(Copy);
        using var before = CommitFaults.Before.Arm(Copy);
        using var after = CommitFaults.After.Arm(Copy);
        var points = 0;
        for (var round = 0; points < Points; round++)
        {
            Changes(c, "-" + round, (name, _, message) =>
            {
                Arm(true);
                var reply = Send(c, name, message);
                Arm(false);
                points += images.Count;
                Assert.NotEmpty(images);
                var picture = StoreWorkload.Picture(store).GetAwaiter().GetResult();
                foreach (var image in images)
                    VerifyImage(image, name, message, picture).GetAwaiter().GetResult();
                images.Clear();
                return reply;
            }, 1000 + ((uint)round * 100));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{points} points");
    }

    /// <summary>Of a call with two changes the second meets a store that is away: told "later", a client would make a new call, which would find what this one made.</summary>
    [Fact]
    public async Task A_call_that_is_done_in_part_is_not_told_to_come_later()
    {
        using var files = new TemporaryDirectory(memory: true);
        var file = files["names.db"];
        await using var store = await SqliteCatalog.Open(file, new CatalogOptions(), NullLog.Instance);
        await using var volume = VolumeOf(store);
        await using var host = new NfsHost("portable", volume: volume);
        using var c = host.Mounted();
        var before = await Events(store);
        var message = c.Message(NfsPeer.Nfs, 3, 8, In(c.Root, "two").U32(1).Add(Xdr.Change3(0x1A4, mtime: 1000)), 77);
        var (commits, refused) = (0, 0);
        bool IsWriter() => Thread.CurrentThread.Name == $"sqlite-write {file}-0";
        using (CommitFaults.After.Arm(() => IsWriter() && Interlocked.Increment(ref commits) < 0 ? Errno.EIO : Errno.None))
        using (CommitFaults.Begin.Arm(() => IsWriter() && Volatile.Read(ref commits) > 0 && Interlocked.Increment(ref refused) > 0 ? Errno.EAGAIN : Errno.None))
        {
            c.SendRecord(message);
            while (Volatile.Read(ref refused) <= CommitLoop<ICommitUnit>.MaximumAttempts)
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(1, commits);
        for (var i = 0; i < 5; i++)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
            c.SendRecord(message);
        }

        var reply = c.Receive()!;
        Assert.True(reply.AsSpan(24, 4).SequenceEqual(new byte[4]), Convert.ToHexString(reply));
        using var other = host.Mounted();
        Assert.Equal(1000u, other.Stat(Made(reply)).Modify.Seconds);
        Assert.Equal(1, (await store.ListEvents(before == 0 ? 0 : (await store.ListEvents(0, 10_000)).Value[(int)before - 1].Sequence, 100)).Value.Count(e => e.Kind == CatalogEventKind.Created));
    }

    private static async Task VerifyImage(string image, string name, byte[] message, string picture)
    {
        await using (var store = await SqliteCatalog.Open(image, new CatalogOptions { Readers = 1 }, NullLog.Instance))
        {
            await using (var volume = VolumeOf(store))
            await using (var host = new NfsHost("portable", volume: volume))
            {
                using var c = host.Mounted(peer: "127.0.0.1:777");
                Send(c, name, message);
            }

            Assert.Equal(picture, await StoreWorkload.Picture(store));
            var report = await store.Check(repair: false, null, default);
            Assert.Empty(report.Value.Problems);
        }

        foreach (var suffix in (string[])["", "-wal", "-shm", ".lock"])
            File.Delete(image + suffix);
    }

    /// <summary>Every kind of change, of things that are there in the end and of things that are not.</summary>
    private static void Changes(NfsPeer c, string suffix, Exchange exchange, uint xid = 1000)
    {
        var file = Made(Do("make a file", 3, 8, In(c.Root, "f" + suffix).U32(1).Add(Xdr.Change3(0x1A4))));
        Do("make with times", 3, 8, In(c.Root, "t" + suffix).U32(0).Add(Xdr.Change3(0x1A4, mtime: 1000)));
        Do("make exclusively", 3, 8, In(c.Root, "x" + suffix).U32(2).U64(77));
        var directory = Made(Do("make a directory", 3, 9, In(c.Root, "d" + suffix).Add(Xdr.Change3(0x1ED))));
        Do("make a link", 3, 10, In(c.Root, "s" + suffix).Add(Xdr.Change3()).Text("target"));
        Do("make a fifo", 3, 11, In(c.Root, "p" + suffix).U32(7).Add(Xdr.Change3(0x1A4)));
        Do("link", 3, 15, new Xdr().Opaque(file).Opaque(directory).Text("hard"));
        Do("rename", 3, 14, In(c.Root, "p" + suffix).Opaque(directory).Text("pipe"));
        var (seconds, nanoseconds) = c.Stat(file).Change;
        Do("setattr", 3, 2, new Xdr().Opaque(file).Add(Xdr.Change3(0x180)).U32(1, seconds, nanoseconds));
        Do("touch a switch", 3, 8, In(c.Root, $".(fset)(f{suffix})(io)").U32(1).Add(Xdr.Change3(0x1A4)));
        Do("write of version 2", 2, 8, new Xdr().Fixed(file).U32(0, 0, 0).Opaque([1, 2, 3]));
        Do("write of version 2 over it", 2, 8, new Xdr().Fixed(file).U32(0, 0, 0).Opaque([4, 5, 6]));
        Do("rm a switch", 3, 12, In(c.Root, $".(fset)(f{suffix})(io)"));
        Do("of version 2: make", 2, 9, new Xdr().Fixed(c.Root).Text("v2" + suffix).Add(Xdr.Change2(0x1A4)));
        Do("of version 2: rename", 2, 11, new Xdr().Fixed(c.Root).Text("v2" + suffix).Fixed(directory).Text("w2"));
        Do("of version 2: link", 2, 12, new Xdr().Fixed(file).Fixed(directory).Text("hard2"));
        Do("of version 2: setattr", 2, 2, new Xdr().Fixed(file).Add(Xdr.Change2(0x1C0)));
        Do("of version 2: remove", 2, 10, new Xdr().Fixed(directory).Text("hard2"));
        Do("of version 2: mkdir", 2, 14, new Xdr().Fixed(directory).Text("e").Add(Xdr.Change2(0x1ED)));
        Do("make a directory for version 2", 3, 9, In(directory, "r").Add(Xdr.Change3(0x1ED)));
        Do("of version 2: rmdir", 2, 15, new Xdr().Fixed(directory).Text("r"));

        // Directory and file are gone in the end.
        var gone = Made(Do("make a directory that goes", 3, 9, In(c.Root, "gone").Add(Xdr.Change3(0x1ED))));
        Do("make a file that goes", 3, 8, In(c.Root, "goes").U32(1).Add(Xdr.Change3(0x1A4)));
        Do("of version 2: make in it", 2, 13, new Xdr().Fixed(gone).Text("s").Text("target").Add(Xdr.Change2()));
        Do("remove in it", 3, 12, In(gone, "s"));
        Do("rmdir", 3, 13, In(c.Root, "gone"));
        Do("remove", 3, 12, In(c.Root, "goes"));

        byte[] Do(string name, uint version, uint procedure, Xdr arguments) =>
            exchange(name, version, c.Message(NfsPeer.Nfs, version, procedure, arguments, xid++));
    }

    /// <summary>The reply to a call that must succeed.</summary>
    private static byte[] Send(NfsPeer c, string name, byte[] message)
    {
        c.SendRecord(message);
        var reply = c.Receive()!;
        Assert.True(reply.AsSpan(24, 4).SequenceEqual(new byte[4]), $"{name}: {Convert.ToHexString(reply)}");
        return reply;
    }

    private static Xdr In(byte[] directory, string name) => new Xdr().Opaque(directory).Text(name);

    private static byte[] Made(byte[] reply) => reply[36..68];

    private static async Task<long> Events(CatalogStore store) => (await store.ListEvents(0, 10_000)).Value.Count;

    private static Volume VolumeOf(CatalogStore store) => new(NfsHost.Path, new NamesTree(new SharedNamespace(store, "test"), new ViewOptions { Io = Pentode.Names.Exports.IoMode.Full }), new VolumeOptions { AllowDevices = true });
}
