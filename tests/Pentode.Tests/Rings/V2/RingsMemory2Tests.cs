using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Shared memory of a hostile client: what is taken as a region, and what it does to it afterwards.</summary>
public sealed unsafe class RingsMemory2Tests
{
    private const int Seals = SharedMemory.SealShrink | SharedMemory.SealGrow;

    [Fact]
    public void Only_sealed_memory_of_tmpfs_is_taken()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        Assert.Equal(-(int)Errno.EPERM, client.RegisterRegion(client.Memory(4096, 0), 4096).Value);
        Assert.Equal(-(int)Errno.EPERM, client.RegisterRegion(client.Memory(4096, SharedMemory.SealShrink), 4096).Value);
        Assert.Equal(-(int)Errno.EPERM, client.RegisterRegion(client.Memory(4096, SharedMemory.SealGrow), 4096).Value);
        Assert.Equal(-(int)Errno.EINVAL, client.RegisterRegion(client.Memory(4096, Seals), 8192).Value);
        Assert.Equal(-(int)Errno.EINVAL, client.RegisterRegion(client.Memory(8192, Seals), 4096).Value);
        Assert.Equal(-(int)Errno.EINVAL, client.RegisterRegion(client.Memory(100, Seals), 100).Value);
        Assert.Equal(-(int)Errno.EINVAL, client.RegisterRegion(client.Memory(0, Seals), 0).Value);
        Assert.Equal(-(int)Errno.ENOSPC, client.RegisterRegion(client.Memory((1L << 30) + 4096, Seals), (1ul << 30) + 4096).Value);
        Assert.Equal(-(int)Errno.EBADF, client.RegisterRegion(client.Event(), 4096).Value);
        File.WriteAllBytes(host["f"], new byte[4096]);
        var disk = FileCalls.Open(host["f"], FileCalls.O_RDWR);
        Assert.Equal(-(int)Errno.EBADF, client.RegisterRegion(disk, 4096).Value);
        FileCalls.Close(disk);
        Assert.Equal(0u, client.Stats().Regions);
    }

    [Fact]
    public void What_is_sealed_cannot_be_shrunk_and_holes_are_harmless()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var memory = client.Memory(1 << 20, Seals);
        var id = (ushort)client.RegisterRegion(memory, 1 << 20).Id;
        Assert.Equal(-(int)Errno.EPERM, FileCalls.Ftruncate(memory, 4096));
        File.WriteAllBytes(host["f"], new byte[1 << 20]);
        var file = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 2 }, host["f"]).Result;
        for (var i = 0; i < 50; i++)
        {
            client.Send(RawRings2.Submit([], new RingsSubmission { Operation = RingsOperation.Read, File = file, Region = id, Length = 1 << 20 }));
            Assert.Equal(0, FileCalls.Fallocate(memory, FileCalls.FallocPunchHole | FileCalls.FallocKeepSize, 0, 1 << 20));
            Assert.Equal(1 << 20, client.Completions(1)[0].Record.Result);
        }
    }

    [Fact]
    public void A_region_in_use_is_not_released()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (id, at) = client.Region(8192);
        *(uint*)at = 7;
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.FutexWait, Region = id, Argument0 = 7 }));
        Assert.Equal(1u, client.Stats().UnderWay);
        var release = RawRings2.Message(RingsMessageType.Release, 1, [2, 0, 0, 0, .. BitConverter.GetBytes((uint)id)]);
        Assert.Equal(-(int)Errno.EBUSY, client.Send(release).Item().Value);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 2, Operation = RingsOperation.FutexWake, Region = id, Argument0 = 1 }));
        Assert.Equal([0, 1], client.Completions(2).OrderBy(c => c.Record.UserData).Select(c => c.Record.Result));
        Assert.Equal(0, client.Send(release).Item().Value);
        Assert.Equal(-(int)Errno.ENOENT, client.Send(release).Item().Value);
    }

    [Fact]
    public void Rings_are_set_up_once_and_in_their_place()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (id, _) = client.Region(64 << 10);
        var readOnly = (ushort)client.RegisterRegion(client.Memory(8192, Seals | SharedMemory.SealWrite), 8192).Id;
        var (bell, wake) = (client.Event(), client.Event());
        Assert.Equal(-(int)Errno.ENOENT, client.SetupRing(999, 16, 0, bell, wake).Value);
        Assert.Equal(-(int)Errno.EACCES, client.SetupRing(readOnly, 16, 0, bell, wake).Value);
        foreach (var entries in new uint[] { 0, 1, 3, 8192, uint.MaxValue })
            Assert.Equal(-(int)Errno.EINVAL, client.SetupRing(id, entries, 0, bell, wake).Value);
        Assert.Equal(-(int)Errno.EINVAL, client.SetupRing(id, 16, 8, bell, wake).Value);
        Assert.Equal(-(int)Errno.EFAULT, client.SetupRing(id, 512, 0, bell, wake).Value);
        Assert.Equal(-(int)Errno.EFAULT, client.SetupRing(id, 16, 64 << 10, bell, wake).Value);
        Assert.Equal(-(int)Errno.EFAULT, client.SetupRing(id, 16, ulong.MaxValue - 63, bell, wake).Value);
        Assert.Equal(-(int)Errno.EBADF, client.SetupRing(id, 16, 0, client.Memory(4096), wake).Value);
        Assert.Equal(-(int)Errno.EBADF, client.SetupRing(id, 16, 0, bell, client.Memory(4096)).Value);
        Assert.Equal(0, client.SetupRing(id, 16, 64, bell, wake).Value);
        Assert.Equal(-(int)Errno.EEXIST, client.SetupRing(id, 16, 0, bell, wake).Value);
        Assert.Equal(-(int)Errno.EBUSY, client.Send(RawRings2.Message(RingsMessageType.Release, 1, [2, 0, 0, 0, .. BitConverter.GetBytes((uint)id)])).Item().Value);
    }

    [Theory]
    [InlineData(17u)]
    [InlineData(0x80000000u)]
    [InlineData(uint.MaxValue)]
    public void A_submission_counter_that_cannot_be_ends_the_connection(uint tail)
    {
        using var host = new RingsHost();
        using var other = RawRings2.Join(host);
        using var client = RawRings2.Join(host);
        var (id, at) = client.Region(8192);
        var (_, bell, _) = client.Ring(16, id, at);
        Volatile.Write(ref *(uint*)(at + RingsWire2.RingSqTail), tail);
        RawRings2.Knock(bell);
        client.AssertGoodbye(RingsGoodbyeReason.RingCounters);
        Assert.Equal(0, other.Do(new RingsSubmission { UserData = 5 }).Result);
    }

    [Fact]
    public void A_completion_counter_that_cannot_be_ends_the_connection()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (id, at) = client.Region(8192);
        var (_, bell, _) = client.Ring(16, id, at);
        Volatile.Write(ref *(uint*)(at + RingsWire2.RingCqHead), 1000);
        Volatile.Write(ref *(uint*)(at + RingsWire2.RingSqTail), 1);
        RawRings2.Knock(bell);
        client.AssertGoodbye(RingsGoodbyeReason.RingCounters);
    }

    [Fact]
    public void Completions_wait_for_room_in_the_ring()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (id, at) = client.Region(8192);
        var (_, bell, _) = client.Ring(2, id, at);
        uint tail = 0;
        for (var round = 0; round < 5; round++)
        {
            while (tail - Volatile.Read(ref *(uint*)(at + RingsWire2.RingSqHead)) == 2)
                Thread.Yield();
            new RingsSubmission { UserData = tail }.Write(new Span<byte>((byte*)at + RingsWire2.RingHeadSize + ((tail & 1) * 64), 64));
            Volatile.Write(ref *(uint*)(at + RingsWire2.RingSqTail), ++tail);
            RawRings2.Knock(bell);
        }

        // Four of five fit.
        Until(() => client.Stats() is { Completions: 5 }, "five completions");
        Assert.Equal(4u, Volatile.Read(ref *(uint*)(at + RingsWire2.RingCqTail)));
        Volatile.Write(ref *(uint*)(at + RingsWire2.RingCqHead), 4);
        RawRings2.Knock(bell);
        Until(() => Volatile.Read(ref *(uint*)(at + RingsWire2.RingCqTail)) == 5, "the fifth completion");
        Assert.True(RingsCompletionRecord.TryRead(new ReadOnlySpan<byte>((byte*)at + RingsWire2.RingHeadSize + 128, 32), out var fifth));
        Assert.Equal(4ul, fifth.UserData);
    }

    [Fact]
    public void A_client_that_takes_no_completions_and_dies_is_gone()
    {
        using var host = new RingsHost(o => o with { Credits2 = 4 });
        using (var client = RawRings2.Join(host))
        {
            var (id, at) = client.Region(8192);
            var (_, bell, _) = client.Ring(2, id, at);

            // Refused, none taken: more of them than fit into the ring and than are kept for it, and the server reads from it no more.
            uint tail = 0;
            for (var since = System.Diagnostics.Stopwatch.StartNew(); since.ElapsedMilliseconds < 300; Thread.Sleep(1))
            {
                if (tail - Volatile.Read(ref *(uint*)(at + RingsWire2.RingSqHead)) == 2)
                    continue;
                new RingsSubmission { UserData = tail, Operation = (RingsOperation)200 }.Write(new Span<byte>((byte*)at + RingsWire2.RingHeadSize + ((tail & 1) * 64), 64));
                Volatile.Write(ref *(uint*)(at + RingsWire2.RingSqTail), ++tail);
                RawRings2.Knock(bell);
            }

            Assert.InRange(tail, 9u, 30u);
        }

        Until(() => host.Server.Sessions.Count == 0, "end of the connection");
    }

    [Fact]
    public void A_client_that_takes_no_completions_costs_no_processor()
    {
        using var host = new RingsHost(o => o with { Credits2 = 4 });
        using var client = RawRings2.Join(host);
        var (id, at) = client.Region(8192);
        var (_, bell, _) = client.Ring(2, id, at);

        // More than fits and than is kept for it, every one refused or done and none taken.
        uint tail = 0;
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (since.ElapsedMilliseconds < 300)
        {
            if (tail - Volatile.Read(ref *(uint*)(at + RingsWire2.RingSqHead)) < 2)
            {
                new RingsSubmission { UserData = tail }.Write(new Span<byte>((byte*)at + RingsWire2.RingHeadSize + ((tail & 1) * 64), 64));
                Volatile.Write(ref *(uint*)(at + RingsWire2.RingSqTail), ++tail);
                RawRings2.Knock(bell);
            }

            Thread.Sleep(1);
        }

        Assert.InRange(tail, 4u, 30u);
        Assert.Equal(4u, Volatile.Read(ref *(uint*)(at + RingsWire2.RingCqTail)));
        Volatile.Write(ref *(uint*)(at + RingsWire2.RingCqHead), 4);
        RawRings2.Knock(bell);
        Until(() => Volatile.Read(ref *(uint*)(at + RingsWire2.RingCqTail)) == 8, "the next completions");
    }

    [Fact]
    public void Memory_that_changes_while_it_is_used_harms_nobody()
    {
        using var host = new RingsHost();
        using var other = RawRings2.Join(host);
        File.WriteAllBytes(host["f"], new byte[4096]);
        for (var seed = 0; seed < 20; seed++)
        {
            using var client = RawRings2.Join(host);
            Scribble(host, client, seed);
            Assert.Equal(0, other.Do(new RingsSubmission { UserData = 5 }).Result);
        }

        Until(() => host.Server.Sessions.Count == 1, "end of the others");
        Assert.Equal(0, other.Do(new RingsSubmission { UserData = 6 }).Result);
    }

    // Publishes random records while another thread overwrites all but the client's own counters: entries, completions, data, the server's fields.
    private static void Scribble(RingsHost host, RawRings2 client, int seed)
    {
        var (id, at) = client.Region(64 << 10);
        var file = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 2 }, host["f"]).Result;
        var (_, bell, _) = client.Ring(16, id, at);
        var isOver = false;
        var scribbler = new Thread(() =>
        {
            var noise = new Random(seed + 1000);
            var memory = new Span<byte>((byte*)at, 64 << 10);
            while (!Volatile.Read(ref isOver))
            {
                var offset = noise.Next(memory.Length);
                if (offset / 64 is not 1 and not 2)
                    memory[offset] = (byte)noise.Next(256);
            }
        });
        scribbler.Start();
        var random = new Random(seed);
        uint tail = 0;
        for (var round = 0; round < 50; round++)
        {
            for (uint i = 0; i < 4; i++, tail++)
            {
                new RingsSubmission
                {
                    UserData = tail, Operation = (RingsOperation)random.Next(32), Flags = (RingsEntryFlags)random.Next(4), Region = id, File = file,
                    Address = (ulong)random.Next(70000), Length = (uint)random.Next(5000),
                }.Write(new Span<byte>((byte*)at + RingsWire2.RingHeadSize + ((tail & 15) * 64), 64));
            }

            Volatile.Write(ref *(uint*)(at + RingsWire2.RingSqTail), tail);
            Volatile.Write(ref *(uint*)(at + RingsWire2.RingCqHead), Math.Max(tail, 32) - 32);
            RawRings2.Knock(bell);
            if (round % 8 == 0)
                Thread.Sleep(1);
        }

        Volatile.Write(ref isOver, true);
        scribbler.Join();
    }

    private static void Until(Func<bool> condition, string what)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), "no " + what);
            Thread.Sleep(1);
        }
    }
}
