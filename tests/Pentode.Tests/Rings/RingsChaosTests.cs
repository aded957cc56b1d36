using System.Net.Sockets;
using Pentode.Linux;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Many random sessions: counts, descriptors and memory come back to where they were.</summary>
public sealed class RingsChaosTests
{
    [Fact]
    public void Ten_thousand_random_sessions_leave_nothing_behind()
    {
        using var host = new RingsHost(o => o with { RingEntries = 64 });
        using var file = File.OpenHandle("/dev/zero");
        var random = new Random(20260);
        Sessions(host, random, (int)file.DangerousGetHandle(), 1000);
        host.Await(Calm);
        GC.Collect();
        var memory = Memory();
        Sessions(host, random, (int)file.DangerousGetHandle(), 9000);
        host.Await(Calm);
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (Open("/dev/zero") > 1)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), $"{Open("/dev/zero")} descriptors stay");
            Thread.Sleep(5);
        }

        GC.Collect();
        Assert.True(Memory() - memory < 64 << 20, $"{(Memory() - memory) >> 20} MiB more");
        using var client = host.Join();
        Assert.Equal(63u, client.Stats().AvailableCredits);
    }

    [Fact]
    public void One_good_client_beside_fifty_bad_ones()
    {
        using var host = new RingsHost(o => o with { RingEntries = 64, PerClientCredits = 1 });
        using var file = File.OpenHandle("/dev/zero");
        using var stop = new CancellationTokenSource();
        var bad = Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(i);
                var crowd = new RawRings?[13];
                while (!stop.IsCancellationRequested)
                {
                    var at = random.Next(crowd.Length);
                    crowd[at]?.Dispose();
                    crowd[at] = Session(host, random, (int)file.DangerousGetHandle());
                }

                foreach (var client in crowd)
                    client?.Dispose();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        using (var good = host.Join())
        {
            var path = host["good"];
            File.WriteAllText(path, "steady");
            for (var i = 0; i < 300; i++)
            {
                var id = (uint)good.Do(RawRings.OpenAt(path, 0)).Result;
                Assert.Equal("steady"u8.ToArray(), good.Do(RawRings.Request(RingsKind.FileRead, id, 100u)).Payload);
                Assert.Equal(0, good.Do(RawRings.Request(RingsKind.Close, id, 0u)).Result);
            }
        }

        stop.Cancel();
        Assert.True(Task.WaitAll(bad, TimeSpan.FromSeconds(60)));
        host.Await(Calm);
    }

    private static bool Calm(RingsStats s) => s is { ActiveClients: 0, OutstandingTasks: 0, OutstandingCreditTasks: 0, RegisteredFiles: 0, RegisteredBuffers: 0 };

    private static void Sessions(RingsHost host, Random random, int descriptor, int count)
    {
        for (var i = 0; i < count; i++)
            Session(host, random, descriptor)?.Dispose();
    }

    // A few valid and invalid requests, cut anywhere; nothing is read but what happens to be there.
    private static RawRings? Session(RingsHost host, Random random, int descriptor)
    {
        RawRings? client = null;
        try
        {
            client = host.Connect();
            if (random.Next(20) == 0)
                return client;
            client.Send(RawRings.Handshake);
            client.Socket.Blocking = false;
            for (var i = random.Next(6); i > 0; i--)
            {
                var request = Random(random);
                if (random.Next(10) == 0)
                    request = request[..random.Next(1, request.Length)];
                if (random.Next(4) == 0)
                    _ = DescriptorPassing.Send((int)client.Socket.Handle, random.Next(4) == 0 ? request : RawRings.Prefix(RingsKind.RegisterFd), descriptor);
                else
                    client.Socket.Send(request);
            }

            if (random.Next(3) == 0 && client.Socket.Available > 0)
                client.Socket.Receive(new byte[random.Next(1, 4096)]);
        }
        catch (SocketException)
        {
            // The server ended it, or its queue is full.
        }

        return client;
    }

    private static byte[] Random(Random random)
    {
        var priority = (RingsPriority)random.Next(4);
        var id = (uint)random.Next(4);
        switch (random.Next(14))
        {
            case 0:
                return RawRings.Prioritised(RingsKind.Timeout, priority, (ulong)random.NextInt64(1, 10_000_000_000));
            case 1:
                return RawRings.Request(RingsKind.Cancel, (ulong)random.Next(20000));
            case 2:
                return RawRings.Prioritised(RingsKind.FileRead, priority, id, (uint)random.Next(5000));
            case 3:
                return RawRings.Request(RingsKind.FileWrite, id, 64u, new byte[64]);
            case 4:
                return RawRings.Request(RingsKind.Poll, id, (ushort)random.Next(8), (ushort)0);
            case 5:
                return RawRings.OpenAt("/dev/zero", random.Next(3));
            case 6:
                return RawRings.Request(RingsKind.Close, id, 0u);
            case 7:
                return RawRings.Request(RingsKind.RegisterBuffer, 8u, 0u, new byte[8]);
            case 8:
                return RawRings.Request(RingsKind.SockReadFixed, id, id + 1, 64u);
            case 9:
                return RawRings.Request(RingsKind.GetTrace, 0ul, 256u, 0u);
            case 10:
                return RawRings.Request(RingsKind.ReleaseResource, id, 0u);
            case 11:
                var noise = new byte[random.Next(1, 64)];
                random.NextBytes(noise);
                return noise;
            case 12:
                return RawRings.Request(RingsKind.Accept, id, 16u);
            default:
                return RawRings.Prefix(RingsKind.Nop, priority);
        }
    }

    private static long Memory() => System.Diagnostics.Process.GetCurrentProcess().WorkingSet64;

    private static int Open(string target) => Directory.GetFileSystemEntries("/proc/self/fd").Count(path =>
    {
        try
        {
            return new FileInfo(path).LinkTarget == target;
        }
        catch (IOException)
        {
            return false;
        }
    });
}
