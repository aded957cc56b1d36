using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Host;
using Pentode.Files.Memory;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Ten thousand sessions of sensible and damaged requests. Alone in the process, as it counts descriptors and memory.</summary>
[Collection(nameof(AloneCollection))]
public sealed class RandomSessionTests
{
    private const int Sessions = 5000;
    private const int Clients = 4;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Nothing_is_left_of_thousands_of_them_and_the_server_serves_on(string engine)
    {
        using var files = new TemporaryDirectory(memory: true);
        var hostTree = HostTree.Open(files.Path, new HostTreeOptions()).Value;
        var onHost = new Volume("/host", hostTree);
        await using (var host = new ServerHost(engine, new NinePServerOptions { LockHoldMs = 20 }, new MemoryTree(maximumBytes: 4 << 20), new NinePExport("/host", onHost)))
        {
            RunAll(host, 0, 200);
            host.UntilIdle();
            var (descriptors, memory) = (Descriptors(), GC.GetTotalMemory(forceFullCollection: true));
            RunAll(host, 200, Sessions);
            host.UntilIdle();
            Assert.InRange(Descriptors(), 0, descriptors + 8);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 16 << 20);
            Assert.Equal(1, hostTree.LiveNodes);

            // Each malformed frame ended its session and was counted and told once; nothing was a bug.
            var malformed = host.Metric("pentode.9p.malformed");
            Assert.InRange(malformed, Sessions / 20, Sessions);
            Assert.Equal(malformed, host.Log.Count("malformed"));
            Assert.Equal(0, host.Log.Count("failed:"));
            using var last = host.Ready();
            last.Create(1, "last");
            Assert.Equal(Errno.None, last.Error(new Twrite { Fid = 1, Data = "still here"u8 }));
        }

        await onHost.DisposeAsync();
        Assert.Equal(0, hostTree.LiveNodes);

        // Names that are no UTF-8 are beyond .NET.
        Tool.Ok(30, "/bin/sh", "-c", $"rm -rf '{files.Path}'/*");
    }

    private static void RunAll(ServerHost host, int from, int to)
    {
        Parallel.For(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = Clients }, n =>
        {
            for (var seed = from + n; seed < to; seed += Clients)
            {
                using var c = host.Connect();
                Send(c, new RandomSession(seed, seed % 2 == 0 ? "/export" : "/host").Bytes);
            }
        });
    }

    private static void Send(RawClient client, byte[] bytes)
    {
        try
        {
            client.Send(bytes);
            client.ShutdownSend();
            client.Drain();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closed for a malformed frame with more on the way.
        }
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
