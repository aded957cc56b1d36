using Pentode.Core;
using Pentode.Nbd.Client;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.SystemTests.Locks;

/// <summary>
/// One disk, two daemons, one lock: the daemon that writes is stopped in the middle of writes, the other takes over, the first goes on. Not
/// one byte of the first may land after that. Without the kernel's timer, which would not let the first go on at all.
/// </summary>
public sealed class GuardedExportTests
{
    private const int Block = 4096;
    private const int Blocks = 256;
    private const int Writers = 16;

    [Fact]
    public async Task APausedDaemonThatWouldGoOnWritesNothingMore()
    {
        EtcdCluster.Require();
        using var etcd = EtcdCluster.Start();
        using var directory = new TemporaryDirectory();
        var disk = directory["disk"];
        await using (var file = File.Create(disk))
            file.SetLength(Block * Blocks);
        using var daemons = Daemons(directory, etcd, disk);
        var loop = LoopFactory.Create("auto", new LoopOptions { Name = "client" });
        loop.Start();
        var (old, next) = (daemons.Start("a"), default(GuardedDaemon)!);
        await old.Until(d => d.Turns > 0);
        next = daemons.Start("b");
        for (var round = 1; round <= 3; round++)
        {
            await using var stale = await Connect(loop, old);
            Assert.False(stale.Export.IsReadOnly);
            var refused = Enumerable.Range(0, Writers).Select(w => WriteUntilRefused(loop, stale, (byte)round, w)).ToArray();
            await Task.Delay(50);
            old.Signal("STOP");
            var turns = next.Turns;
            await next.Until(d => d.Turns > turns);
            await using (var fresh = await Connect(loop, next))
            {
                Assert.False(fresh.Export.IsReadOnly);
                await GuardedDaemon.OnLoop(loop, async () =>
                {
                    for (var i = 0; i < Blocks; i++)
                        Assert.Equal(Errno.None, await fresh.Write(Filled((byte)(100 + round)), (long)i * Block));
                    Assert.Equal(Errno.None, await fresh.Flush());
                    return 0;
                });
            }

            // The kernel has ended it, stopped as it was with changes under way.
            await old.Until(d => d.Process.HasExited);
            await Task.WhenAll(refused).WaitAsync(GuardedDaemon.Patience);
            var content = await File.ReadAllBytesAsync(disk);
            Assert.True(content.AsSpan().IndexOfAnyExcept((byte)(100 + round)) < 0, $"round {round}: a stale write landed");
            old.Dispose();
            (old, next) = (next, daemons.Start(round % 2 == 1 ? "a" : "b"));
        }

        Assert.Equal(0, next.Terminate());
        Assert.Equal(0, old.Terminate());
        await loop.StopAsync();
    }

    /// <summary>
    /// The gap between the last check and the system call, held open: the thread that writes is stopped at the entry of pwrite64 until long after the other daemon has
    /// taken over.
    /// </summary>
    [Fact]
    public async Task AThreadStoppedBetweenTheCheckAndTheSystemCallNeverComesToWrite()
    {
        EtcdCluster.Require();
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "needs strace");
        using var etcd = EtcdCluster.Start();
        using var directory = new TemporaryDirectory();
        var disk = directory["disk"];
        await File.WriteAllBytesAsync(disk, new byte[Block * Blocks]);
        using var daemons = Daemons(directory, etcd, disk);
        var loop = LoopFactory.Create("auto", new LoopOptions { Name = "client" });
        loop.Start();
        var first = daemons.Start("a");
        await first.Until(d => d.Turns > 0);
        var second = daemons.Start("b");
        await using var stale = await Connect(loop, first);
        // Every write of the first daemon waits twenty seconds at the entry to the kernel from now on; all its threads are in the tracer's hands.
        using var tracer = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "strace", ["-f", "-q", "-o", directory["trace"], "-e", "trace=pwrite64,pwritev2,pwritev", "-e", "inject=pwrite64,pwritev2,pwritev:delay_enter=20000000", "-p", $"{first.Process.Id}"]))!;
        for (var i = 0; i < 600 && (await File.ReadAllTextAsync($"/proc/{first.Process.Id}/status")).Contains("TracerPid:\t0", StringComparison.Ordinal); i++)
            await Task.Delay(50);
        await Task.Delay(1500);
        var writing = GuardedDaemon.OnLoop(loop, async () => await stale.Write(Filled(1), 0));
        await Task.Delay(500);
        // Then it is cut off: nothing of it beats any more.
        first.Signal("STOP");
        var turns = second.Turns;
        await second.Until(d => d.Turns > turns);
        await using (var fresh = await Connect(loop, second))
            Assert.Equal(Errno.None, await GuardedDaemon.OnLoop(loop, async () => await fresh.Write(Filled(2), 0) is var e && e == Errno.None ? await fresh.Flush() : e));
        _ = await writing;
        await Task.Delay(1000);
        var begin = (await File.ReadAllBytesAsync(disk))[0];
        Assert.Equal(2, begin);
        if (!tracer.HasExited)
            tracer.Kill();
        first.Process.Kill();
        Assert.Equal(0, second.Terminate());
        await loop.StopAsync();
    }

    private static GuardedDaemons Daemons(TemporaryDirectory directory, EtcdCluster etcd, string disk) => new(directory, etcd, "", $$"""
        blocks:
          listen: 127.0.0.1:0
          exports:
            - {name: disk, path: {{disk}}, lock: disks/one}
        """);

    private static async Task<NbdClient> Connect(IoLoop loop, GuardedDaemon daemon)
    {
        Assert.True(NbdUri.TryParse($"nbd://127.0.0.1:{daemon.Process.Port("nbd")}/disk", out var uri, out var wrong), wrong);
        var (client, problem) = await GuardedDaemon.OnLoop(loop, () => NbdClient.ConnectAsync(loop, uri));
        Assert.True(client is not null, problem?.ToString());
        return client;
    }

    // Ends when a write fails: the connection is gone, or the right to write.
    private static Task<int> WriteUntilRefused(IoLoop loop, NbdClient client, byte fill, int writer) => GuardedDaemon.OnLoop(loop, async () =>
    {
        var data = Filled(fill);
        for (var i = writer; ; i = (i + Writers) % Blocks)
        {
            if (await client.Write(data, (long)i * Block) != Errno.None)
                return 0;
        }
    });

    private static Memory<byte> Filled(byte value)
    {
        var data = GC.AllocateUninitializedArray<byte>(Block, pinned: true);
        data.AsSpan().Fill(value);
        return data;
    }
}
