using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>How much a client and a user may have at a time, and what happens beyond.</summary>
public sealed unsafe class RingsQuotaTests
{
    private const int Eagain = -11;
    private const int Etimedout = -110;
    private const uint Alice = 64001;
    private const uint Bob = 64002;

    private static readonly byte[] s_forever = RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul);

    [Fact]
    public void Bytes_in_flight_of_a_client()
    {
        using var host = new RingsHost(o => o with { RingEntries = 16, IoBytesMax = 4096, PerClientBytes = 6000 });
        using var client = host.Join();
        using var other = host.Join();
        var (ours, theirs) = Sockets.Pair();
        var socket = client.Register(theirs);
        client.Send(RawRings.Request(RingsKind.SockRead, socket, 4096u), RawRings.Request(RingsKind.SockRead, socket, 1904u), RawRings.Request(RingsKind.SockRead, socket, 1u));
        Assert.Equal([0, 0, Eagain], new[] { client.Submitted(), client.Submitted(), client.Submitted() }.Select(s => s.Result));

        // Others and what moves no bytes are not concerned; too much in one request stays a wrong argument.
        Assert.Equal(0, client.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        client.Send(RawRings.Request(RingsKind.SockRead, socket, 4097u));
        Assert.Equal(-22, client.Submitted().Result);
        var second = other.Register(theirs);
        other.Send(RawRings.Request(RingsKind.SockRead, second, 4096u));
        Assert.Equal(0, other.Submitted().Result);
        other.Dispose();
        host.Await(s => s.OutstandingTasks == 2);
        FileCalls.Write(ours, "x"u8);
        client.Completed();
        client.Send(RawRings.Request(RingsKind.SockRead, socket, 1u));
        Assert.Equal(0, client.Submitted().Result);
        FileCalls.Close(ours);
        FileCalls.Close(theirs);
    }

    [Fact]
    public void Connections_credits_bytes_and_descriptors_of_a_user()
    {
        Assert.SkipUnless(ThreadIdentity.OwnUid == 0, "needs root");
        using var host = new RingsHost(o => o with { RingEntries = 64, PerUserClients = 2, PerUserCredits = 3, PerUserBytes = 5000, PerUserFds = 2 });
        using var one = host.JoinAs(Alice, Alice);
        using var two = host.JoinAs(Alice, Alice);
        using (var three = host.ConnectAs(Alice, Alice))
            three.AssertEnd();
        using var bob = host.JoinAs(Bob, Bob);

        one.Send(s_forever, s_forever);
        two.Send(s_forever, s_forever);
        Assert.Equal([0, 0], new[] { one.Submitted(), one.Submitted() }.Select(s => s.Result));
        Assert.Equal([0, Eagain], new[] { two.Submitted(), two.Submitted() }.Select(s => s.Result));
        Assert.Equal(0, bob.Do(RawRings.Prefix(RingsKind.Nop)).Result);

        // A connection that ends gives back what it held, and its place.
        one.Dispose();
        host.Await(s => s is { ActiveClients: 2, OutstandingTasks: 1 });
        using var again = host.JoinAs(Alice, Alice);
        var (ours, theirs) = Sockets.Pair();
        var socket = again.Register(theirs);
        var twin = two.Register(theirs);
        again.SendWith(theirs, RawRings.Prefix(RingsKind.RegisterFd));
        Assert.Equal((0u, Eagain, 31u), again.Resource());
        again.Send(RawRings.OpenAt("/dev/null", 0));
        Assert.Equal(Eagain, again.Submitted().Result);
        again.Send(RawRings.Request(RingsKind.SockRead, socket, 4000u));
        Assert.Equal(0, again.Submitted().Result);
        two.Send(RawRings.Request(RingsKind.SockRead, twin, 1001u), RawRings.Request(RingsKind.SockRead, twin, 1000u));
        Assert.Equal([Eagain, 0], new[] { two.Submitted(), two.Submitted() }.Select(s => s.Result));
        Assert.Equal(1, bob.Do(RawRings.OpenAt("/dev/null", 0)).Result);
        two.Dispose();
        host.Await(s => s is { ActiveClients: 2, OutstandingTasks: 1 });
        Assert.Equal(2, again.Do(RawRings.OpenAt("/dev/null", 0)).Result);
        FileCalls.Close(ours);
        FileCalls.Close(theirs);
    }

    [Fact]
    public void Time_of_a_task()
    {
        using var host = new RingsHost(o => o with { RingEntries = 8, TaskTimeout = TimeSpan.FromMilliseconds(60) });
        using var client = host.Join();
        var (ours, theirs) = Sockets.Pair();
        var socket = client.Register(theirs);
        client.Send(s_forever, RawRings.Request(RingsKind.SockRead, socket, 9u), RawRings.Request(RingsKind.Poll, socket, (ushort)1, (ushort)0));
        for (var i = 0; i < 3; i++)
            Assert.Equal(0, client.Submitted().Result);
        for (var i = 0; i < 3; i++)
            Assert.Equal(Etimedout, client.Completed().Result);

        // What ends in time is untouched, and what is cancelled by its owner says so.
        Assert.Equal(-62, client.Do(RawRings.Request(RingsKind.Timeout, 1_000_000ul)).Result);
        var stats = client.Stats();
        Assert.Equal((0u, 7u), (stats.OutstandingTasks, stats.AvailableCredits));
        FileCalls.Close(ours);
        FileCalls.Close(theirs);
    }

    [Fact]
    public void The_ring_takes_nothing_but_what_is_served()
    {
        var made = MappedRing.Create(8, 16, RingPolicy.SetupDisabled);
        Assert.True(made.IsOk, made.Error.ToString());
        using var ring = made.Value;
        var known = RingPolicy.Probe(ring).Value;
        Assert.True(RingPolicy.Restrict(ring, RingsOpcodes.Served, 16, RingsOpcodes.Registrations));
        Assert.Equal(Errno.None, RingPolicy.Enable(ring));
        Assert.Equal(0, One(ring, RingsOpcodes.Nop, 0));
        for (var opcode = 0; opcode < known.Length; opcode++)
        {
            if (known[opcode] && !RingsOpcodes.Served.Contains((byte)opcode))
                Assert.Equal(-(int)Errno.EACCES, One(ring, (byte)opcode, 0));
        }

        // IOSQE_FIXED_FILE, IOSQE_IO_LINK.
        Assert.Equal(-(int)Errno.EACCES, One(ring, RingsOpcodes.Nop, 1));
        Assert.Equal(-(int)Errno.EACCES, One(ring, RingsOpcodes.Nop, 4));
        var vector = stackalloc ulong[2];
        Assert.Equal(-(int)Errno.EACCES, ring.Register(0, vector, 1));
        Assert.Equal(-(int)Errno.EACCES, ring.Register(2, vector, 1));
        var personality = RingPolicy.AddPersonality(ring);
        Assert.True(personality.IsOk);
        RingPolicy.RemovePersonality(ring, personality.Value);
    }

    [Fact]
    public void Operations_the_kernel_lacks_are_refused()
    {
        using var host = new RingsHost(o => o with { RegisteredFds = 2, Without = RingsOperations.All });
        using var client = host.Connect();
        Assert.Equal(0u, BitConverter.ToUInt32(client.Greet(), 32));
        client.Send(RawRings.Request(RingsKind.RegisterBuffer, 2u, 0u, "ab"));
        client.Resource();
        foreach (var request in new[]
        {
            RawRings.Request(RingsKind.Cancel, 1ul), RawRings.Request(RingsKind.SockRead, 2u, 1u), RawRings.Request(RingsKind.FileRead, 2u, 1u),
            RawRings.Request(RingsKind.SockWrite, 2u, 1u, "x"), RawRings.Request(RingsKind.FileWrite, 2u, 1u, "x"), RawRings.Request(RingsKind.SockReadFixed, 2u, 1u, 1u),
            RawRings.Request(RingsKind.SockWriteFixed, 2u, 1u, 1u), RawRings.Request(RingsKind.Poll, 2u, 1u), RawRings.Request(RingsKind.Connect, 2u, 2u, (ushort)1),
            RawRings.Request(RingsKind.Accept, 2u, 0u), RawRings.OpenAt("/dev/null", 0), RawRings.Request(RingsKind.Close, 2u, 0u),
        })
        {
            client.Send(request);
            Assert.Equal((0ul, -95, 3u), client.Submitted());
        }

        // These two are never refused for it.
        Assert.Equal(0, client.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        Assert.Equal(-62, client.Do(RawRings.Request(RingsKind.Timeout, 1ul)).Result);
    }

    [Fact]
    public void Task_ids_end_before_the_reserved_ones()
    {
        using var host = new RingsHost(o => o with { LastTask = ulong.MaxValue - 17 });
        using var client = host.Join();
        client.Send(RawRings.Prefix(RingsKind.Nop));
        Assert.Equal((ulong.MaxValue - 16, 0, 2u), client.Submitted());
        Assert.Equal(ulong.MaxValue - 16, client.Completed().Task);
        foreach (var request in new[] { RawRings.Prefix(RingsKind.Nop), RawRings.OpenAt("/dev/null", 0), RawRings.Request(RingsKind.Cancel, 1ul), s_forever })
        {
            client.Send(request);
            Assert.Equal((0ul, -75, 3u), client.Submitted());
        }
    }

    [Fact]
    public void A_descriptor_still_to_come_is_of_no_use()
    {
        using var host = new RingsHost(o => o with { RingEntries = 8 });
        using var client = host.Join();
        var listener = Sockets.ListenUnix(host["peer"]).Value;
        var listening = client.Register(listener);
        client.Send(RawRings.Request(RingsKind.Accept, listening, 0u));
        Assert.Equal((1ul, 0, 6u), client.Submitted());

        // Its resource id is given away, the descriptor is not there.
        foreach (var (request, result) in new (byte[], int)[]
        {
            (RawRings.Request(RingsKind.Connect, 2u, 2u, (ushort)1), -9), (RawRings.Request(RingsKind.Accept, 2u, 0u), -9), (RawRings.Request(RingsKind.SockRead, 2u, 1u), -2),
            (RawRings.Request(RingsKind.FileWrite, 2u, 1u, "x"), -2), (RawRings.Request(RingsKind.Poll, 2u, (ushort)1, (ushort)0), -2), (RawRings.Request(RingsKind.Close, 2u, 0u), -16),
        })
        {
            client.Send(request);
            Assert.Equal((0ul, result, 6u), client.Submitted());
        }

        client.Send(RawRings.Request(RingsKind.ReleaseResource, 2u, 0u));
        Assert.Equal((0u, -16, 30u), client.Resource());
        FileCalls.Close(listener);
    }

    [Fact]
    public void What_is_in_use_is_not_closed()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        var (ours, theirs) = Sockets.Pair();
        var socket = client.Register(theirs);
        client.Send(RawRings.Request(RingsKind.SockRead, socket, 9u), RawRings.Request(RingsKind.Close, socket, 0u), RawRings.Request(RingsKind.RegisterBuffer, 1u, 0u, "x"));
        Assert.Equal((1ul, 0, 2u), client.Submitted());
        Assert.Equal((0ul, -16, 2u), client.Submitted());
        Assert.Equal((2u, 0, 0u), client.Resource());
        FileCalls.Write(ours, "y"u8);
        client.Completed();
        client.Send(RawRings.Request(RingsKind.SockReadFixed, socket, 2u, 1u), RawRings.Request(RingsKind.ReleaseResource, 2u, 0u));
        Assert.Equal(0, client.Submitted().Result);
        Assert.Equal((0u, -16, 0u), client.Resource());
        FileCalls.Close(ours);
        FileCalls.Close(theirs);
    }

    private static int One(MappedRing ring, byte opcode, byte flags)
    {
        var entry = ring.TryNext();
        entry->Opcode = opcode;
        entry->Flags = flags;
        entry->Descriptor = -1;
        Assert.True(ring.Enter(1, RingConstants.EnterGetEvents, null) >= 0);
        Span<CompletionEntry> completed = new CompletionEntry[1];
        Assert.Equal(1, ring.Take(completed));
        return completed[0].Result;
    }
}
