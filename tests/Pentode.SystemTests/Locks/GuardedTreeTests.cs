using Pentode.Core;
using Pentode.NineP.Client;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.SystemTests.Locks;

/// <summary>
/// One directory, two daemons, one lock, over 9P: the daemon that writes is stopped in the middle of writes, creations and removals, the other takes over, the
/// first goes on. Not one byte of the first may land after that, and not one name. Without the kernel's timer, which would not let the first go on at all.
/// </summary>
public sealed class GuardedTreeTests
{
    private const int Block = 4096;
    private const int Blocks = 256;
    private const int Writers = 16;
    private const uint ReadWrite = 2;

    [Fact]
    public async Task APausedDaemonThatWouldGoOnChangesNothingMore()
    {
        EtcdCluster.Require();
        using var etcd = EtcdCluster.Start();
        using var directory = new TemporaryDirectory();
        var tree = directory["tree"];
        Directory.CreateDirectory(tree);
        var data = Path.Combine(tree, "data");
        await File.WriteAllBytesAsync(data, new byte[Block * Blocks]);
        using var daemons = Daemons(directory, etcd, tree);
        var loop = LoopFactory.Create("auto", new LoopOptions { Name = "client" });
        loop.Start();
        var (old, next) = (daemons.Start("a"), default(GuardedDaemon)!);
        await old.Until(d => d.Turns > 0);
        next = daemons.Start("b");
        for (var round = 1; round <= 3; round++)
        {
            var stale = await Connect(loop, old);
            var acknowledged = new int[1];
            var refused = Enumerable.Range(0, Writers).Select(w => WriteUntilRefused(loop, stale, (byte)round, w, acknowledged)).ToArray();
            var made = MakeUntilRefused(loop, stale);
            await next.Until(_ => Volatile.Read(ref acknowledged[0]) > Writers);
            // The one that stands by lets read and nothing else.
            Assert.Equal(Errno.EAGAIN, await GuardedDaemon.OnLoop(loop, async () => await WriteOnce(await Connecting(loop, next), 77)));
            old.Signal("STOP");
            var turns = next.Turns;
            await next.Until(d => d.Turns > turns);
            var fresh = await Connect(loop, next);
            await GuardedDaemon.OnLoop(loop, async () =>
            {
                var file = await Opened(fresh);
                for (var i = 0; i < Blocks; i++)
                    Assert.Equal(Block, (await fresh.Client.Write(file, Filled((byte)(100 + round)), (long)i * Block)).Value);
                Assert.Equal(Errno.None, await fresh.Client.Fsync(file, false));
                return 0;
            });
            var names = Names(tree);
            // The kernel has ended it, stopped as it was with changes under way.
            await old.Until(d => d.Process.HasExited);
            await Task.WhenAll([.. refused, made]).WaitAsync(GuardedDaemon.Patience);
            var content = await File.ReadAllBytesAsync(data);
            Assert.Equal(Block * Blocks, content.Length);
            Assert.True(content.AsSpan().IndexOfAnyExcept((byte)(100 + round)) < 0, $"round {round}: a stale write landed");
            Assert.Equal(names, Names(tree));
            await GuardedDaemon.OnLoop(loop, async () =>
            {
                await stale.Client.CloseAsync();
                await fresh.Client.CloseAsync();
                return 0;
            });
            old.Dispose();
            (old, next) = (next, daemons.Start(round % 2 == 1 ? "a" : "b"));
        }

        Assert.Equal(0, next.Terminate());
        Assert.Equal(0, old.Terminate());
        await loop.StopAsync();
    }

    private static GuardedDaemons Daemons(TemporaryDirectory directory, EtcdCluster etcd, string tree) => new(directory, etcd, "", $$"""
        files:
          listen: 127.0.0.1:0
          exports:
            - {path: {{tree}}, lock: trees/one}
        """);

    private static Task<NinePSession> Connect(IoLoop loop, GuardedDaemon daemon) => GuardedDaemon.OnLoop(loop, () => Connecting(loop, daemon));

    private static async Task<NinePSession> Connecting(IoLoop loop, GuardedDaemon daemon)
    {
        Assert.True(NinePUri.TryParse($"9p://127.0.0.1:{daemon.Process.Port("9p")}", out var uri, out var wrong), wrong);
        var session = await NinePSession.OpenAsync(loop, uri, new NinePClientOptions(), "root", 0);
        Assert.Equal(Errno.None, session.Error);
        return session.Value;
    }

    private static async Task<uint> Opened(NinePSession session)
    {
        var node = await session.Client.Walk(session.Root.Fid, "data"u8);
        Assert.Equal(Errno.None, node.Error);
        Assert.Equal(Errno.None, (await session.Client.Open(node.Value.Fid, ReadWrite)).Error);
        return node.Value.Fid;
    }

    // Opening for writing may be refused already; what counts is that no byte is taken.
    private static async Task<Errno> WriteOnce(NinePSession session, byte fill)
    {
        var node = await session.Client.Walk(session.Root.Fid, "data"u8);
        var opened = await session.Client.Open(node.Value.Fid, ReadWrite);
        var error = opened.IsOk ? (await session.Client.Write(node.Value.Fid, Filled(fill), 0)).Error : opened.Error;
        await session.Client.CloseAsync();
        return error;
    }

    // Ends when a write fails: the connection is gone, or the right to write.
    private static Task<int> WriteUntilRefused(IoLoop loop, NinePSession session, byte fill, int writer, int[] acknowledged) => GuardedDaemon.OnLoop(loop, async () =>
    {
        var file = await Opened(session);
        var data = Filled(fill);
        for (var i = writer; ; i = (i + Writers) % Blocks)
        {
            if (!(await session.Client.Write(file, data, (long)i * Block)).IsOk)
                return 0;
            Interlocked.Increment(ref acknowledged[0]);
        }
    });

    // The same for what changes names.
    private static Task<int> MakeUntilRefused(IoLoop loop, NinePSession session) => GuardedDaemon.OnLoop(loop, async () =>
    {
        for (var i = 0; ; i++)
        {
            var name = System.Text.Encoding.ASCII.GetBytes($"d{i % 8}");
            var made = await session.Client.MakeDirectory(session.Root.Fid, name, 0x1ED, 0);
            if (made.Error is not (Errno.None or Errno.EEXIST) || await session.Client.UnlinkAt(session.Root.Fid, name, isDirectory: true) != Errno.None)
                return i;
        }
    });

    private static string[] Names(string tree) => [.. Directory.EnumerateFileSystemEntries(tree).Order(StringComparer.Ordinal)];

    private static Memory<byte> Filled(byte value)
    {
        var data = GC.AllocateUninitializedArray<byte>(Block, pinned: true);
        data.AsSpan().Fill(value);
        return data;
    }
}
