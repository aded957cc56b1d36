using System.Diagnostics;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Clients that do anything at all and die anywhere: everything they held comes back, and their neighbour is served.</summary>
public sealed unsafe class RingsChaos2Tests
{
    private const int Clients = 120;

    [Fact]
    public void Everything_returns_to_its_start_value()
    {
        using var host = new RingsHost(o => o with { MaxClients = 16, Credits2 = 64 });
        using var neighbour = RawRings2.Join(host);
        File.WriteAllBytes(host["f"], new byte[100_000]);
        Play(host, 0);
        Await(() => host.Server.Sessions.Count == 1, "the end of the first");
        var descriptors = Settled(Descriptors);
        var maps = Settled(Maps);
        var isOver = false;
        var longest = TimeSpan.Zero;
        var served = 0;
        var neighbouring = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                var since = Stopwatch.GetTimestamp();
                Assert.Equal(0, neighbour.Do(new RingsSubmission { UserData = 5 }).Result);
                longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
                served++;
                Thread.Sleep(1);
            }
        });
        neighbouring.Start();
        var next = 0;
        var workers = Enumerable.Range(0, 6).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next); seed <= Clients; seed = Interlocked.Increment(ref next))
                Play(host, seed);
        })).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            Assert.True(worker.Join(TimeSpan.FromSeconds(60)));
        Volatile.Write(ref isOver, true);
        Assert.True(neighbouring.Join(TimeSpan.FromSeconds(20)));
        Assert.True(served > 0);
        Await(() => host.Server.Sessions.Count == 1, "the end of all");
        Await(() => Descriptors() <= descriptors, $"the descriptors to close: {Descriptors()} of {descriptors}");
        Await(() => Maps() <= maps, $"the memory to be unmapped: {Maps()} of {maps}");
        Assert.Equal(0, neighbour.Do(new RingsSubmission { UserData = 6 }).Result);
        Assert.Equal(0u, neighbour.Stats().UnderWay);
        Assert.True(longest < TimeSpan.FromSeconds(10), $"the neighbour waited {longest}");
    }

    // Valid and invalid traffic; the caller drops the connection wherever it stands.
    private static void Play(RingsHost host, int seed)
    {
        try
        {
            using var client = new RawRings2(host.Path);
            var random = new Random(seed);
            if (random.Next(10) == 0)
                client.Send(RawRings2.Hello[..random.Next(16)]);
            else if (client.Greet().Status == RingsWire2.StatusAccept)
                Live(host, client, random, random.Next(60));
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or Xunit.Sdk.XunitException)
        {
            // The server ended it: that is what broken bytes are for.
        }
    }

    private static void Live(RingsHost host, RawRings2 client, Random random, int steps)
    {
        var memory = client.Memory(64 << 10);
        var some = client.Event();
        for (var step = 0; step < steps; step++)
        {
            switch (random.Next(12))
            {
                case 0:
                    client.SendWith(RawRings2.Message(RingsMessageType.RegisterFiles, random.Next(1, 3)), some, some);
                    break;
                case 1:
                    var body = new byte[16];
                    new RingsRegionRequest(random.Next(4) == 0 ? 4096ul : 64 << 10).Write(body);
                    client.SendWith(RawRings2.Message(RingsMessageType.RegisterRegion, 1, body), memory);
                    break;
                case 2:
                    var ring = new byte[24];
                    new RingsRingRequest((ushort)random.Next(1, 70), 16, (ulong)random.Next(3) * 64).Write(ring);
                    client.SendWith(RawRings2.Message(RingsMessageType.SetupRing, 1, ring), some, some);
                    break;
                case 3:
                    RawRings2.Knock(some);
                    break;
                case 4:
                    var item = new byte[8];
                    new RingsItem(random.Next(4), (uint)random.Next(5000)).Write(item);
                    client.Send(RawRings2.Message(RingsMessageType.Release, 1, item));
                    break;
                case 5 when random.Next(8) == 0:
                    var noise = new byte[random.Next(1, 400)];
                    random.NextBytes(noise);
                    client.Send(noise);
                    break;
                case 6:
                    var path = System.Text.Encoding.UTF8.GetBytes(host["f"] + '\0');
                    client.Send(RawRings2.Submit(path, new RingsSubmission { Operation = RingsOperation.Open, Length = (uint)path.Length }));
                    break;
                case 7:
                    var cut = RawRings2.Submit([1, 2, 3], Random(random), Random(random));
                    if (random.Next(10) == 0)
                    {
                        client.Send(cut[..random.Next(cut.Length)]);
                        return;
                    }

                    client.Send(cut);
                    break;
                default:
                    client.Send(RawRings2.Submit(new byte[random.Next(300)], [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Random(random))]));
                    break;
            }

            // Most read some of what comes.
            while (random.Next(3) > 0 && client.Socket.Available > 0)
                client.Socket.Receive(new byte[4096]);
        }
    }

    private static RingsSubmission Random(Random random)
    {
        var operation = (RingsOperation)random.Next(33);
        var isMultishot = random.Next(6) == 0;
        return new RingsSubmission
        {
            UserData = (ulong)random.Next(8),
            Operation = operation is RingsOperation.Open or RingsOperation.Unlink or RingsOperation.Rename or RingsOperation.MakeDirectory or RingsOperation.Symlink or RingsOperation.Link
                ? RingsOperation.Nop : operation,
            Flags = (isMultishot ? RingsEntryFlags.Multishot : (RingsEntryFlags)random.Next(3)) | (random.Next(4) == 0 ? RingsEntryFlags.Quiet : 0),
            Region = operation is RingsOperation.Nop ? (ushort)0 : (ushort)(random.Next(2) * 33),
            File = operation is RingsOperation.Nop or RingsOperation.Timeout ? 0 : (uint)((random.Next(1, 3) << 12) + random.Next(1, 4)),
            Length = operation is RingsOperation.Nop or RingsOperation.Timeout ? 0 : (uint)random.Next(200),
            DeadlineNsec = random.Next(3) == 0 ? 1_000_000ul : 0,
            OperationFlags = operation == RingsOperation.Poll ? 1u : 0,
            Argument0 = operation is RingsOperation.Timeout or RingsOperation.Cancel or RingsOperation.FutexWait ? (ulong)random.Next(8) : 0,
            Shots = isMultishot ? 2u : 0,
        };
    }

    private static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static int Maps() => File.ReadLines("/proc/self/maps").Count(l => l.Contains("memfd:test", StringComparison.Ordinal));

    private static int Settled(Func<int> count)
    {
        var last = count();
        for (var calm = 0; calm < 5; calm++)
        {
            Thread.Sleep(20);
            var now = count();
            calm = now == last ? calm : 0;
            last = now;
        }

        return last;
    }

    private static void Await(Func<bool> condition, string what)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), "waited in vain for " + what);
            Thread.Sleep(5);
        }
    }
}
