using System.Diagnostics;
using Pentode.Core;
using Pentode.Nbd.Client;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.SystemTests.Locks;

/// <summary>
/// One disk, two daemons, one lock: the daemon that writes is stopped in the middle of writes, the other takes over, the first goes on. Not
/// one byte of the first may land after that.
/// </summary>
public sealed class GuardedExportTests
{
    private const int Block = 4096;
    private const int Blocks = 256;
    private const int Writers = 16;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task APausedDaemonThatGoesOnWritesNothingMore()
    {
        EtcdCluster.Require();
        using var etcd = EtcdCluster.Start();
        using var directory = new TemporaryDirectory();
        var disk = directory["disk"];
        await using (var file = File.Create(disk))
            file.SetLength(Block * Blocks);
        var loop = LoopFactory.Create("auto", new LoopOptions { Name = "client" });
        loop.Start();
        using var first = Start(directory, etcd, disk, "a");
        await Until(() => first.Errors.Contains("takes writes", StringComparison.Ordinal), first);
        using var second = Start(directory, etcd, disk, "b");
        var old = first;
        var next = second;
        for (var round = 1; round <= 3; round++)
        {
            await using var stale = await Connect(loop, old);
            Assert.False(stale.Export.IsReadOnly);
            var refused = Enumerable.Range(0, Writers).Select(w => WriteUntilRefused(loop, stale, (byte)round, w)).ToArray();
            await Task.Delay(50);
            Signal(old.Id, "STOP");
            var turns = Turns(next);
            await Until(() => Turns(next) > turns, next);
            await using (var fresh = await Connect(loop, next))
            {
                Assert.False(fresh.Export.IsReadOnly);
                await OnLoop(loop, async () =>
                {
                    for (var i = 0; i < Blocks; i++)
                        Assert.Equal(Errno.None, await fresh.Write(Filled((byte)(100 + round)), (long)i * Block));
                    Assert.Equal(Errno.None, await fresh.Flush());
                    return 0;
                });
            }

            var losses = Losses(old);
            Signal(old.Id, "CONT");
            await Task.WhenAll(refused).WaitAsync(s_patience);
            await Until(() => Losses(old) > losses, old);
            var content = await File.ReadAllBytesAsync(disk);
            Assert.True(content.AsSpan().IndexOfAnyExcept((byte)(100 + round)) < 0, $"round {round}: a stale write landed");
            (old, next) = (next, old);
        }

        Assert.Equal(0, first.Terminate());
        Assert.Equal(0, second.Terminate());
        await loop.StopAsync();
    }

    private static PentodeProcess Start(TemporaryDirectory directory, EtcdCluster etcd, string disk, string node)
    {
        var file = directory[$"{node}.yaml"];
        File.WriteAllText(file, $$"""
            control: {socket: {{directory[node + ".sock"]}}}
            locks:
              store: etcd
              etcd: {endpoints: "{{etcd.Endpoints[0]}}"}
              node: {{node}}
              heartbeat: 200ms
              hold: 2s
              dead: 3s
              kill_grace: 500ms
            blocks:
              listen: 127.0.0.1:0
              exports:
                - {name: disk, path: {{disk}}, lock: disks/one}
            """);
        return PentodeProcess.Start("serve", file);
    }

    private static async Task<NbdClient> Connect(IoLoop loop, PentodeProcess daemon)
    {
        Assert.True(NbdUri.TryParse($"nbd://127.0.0.1:{daemon.Port("nbd")}/disk", out var uri, out var wrong), wrong);
        var (client, problem) = await OnLoop(loop, () => NbdClient.ConnectAsync(loop, uri));
        Assert.True(client is not null, problem?.ToString());
        return client;
    }

    // Ends when a write fails: the connection is gone, or the right to write.
    private static Task<int> WriteUntilRefused(IoLoop loop, NbdClient client, byte fill, int writer) => OnLoop(loop, async () =>
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

    private static async Task<T> OnLoop<T>(IoLoop loop, Func<Task<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(async _ =>
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return await done.Task.WaitAsync(s_patience);
    }

    private static int Turns(PentodeProcess daemon) => Count(daemon, "takes writes");

    private static int Losses(PentodeProcess daemon) => Count(daemon, "refuses writes");

    private static int Count(PentodeProcess daemon, string words) => daemon.Errors.Split(words).Length - 1;

    private static void Signal(int pid, string signal) => Tool.Ok(10, "kill", $"-{signal}", $"{pid}");

    private static async Task Until(Func<bool> condition, PentodeProcess daemon)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < s_patience, daemon.Errors);
            await Task.Delay(50);
        }
    }
}
