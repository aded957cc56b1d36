using Pentode.Linux;
using Pentode.Rings.Wire;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>A quota is one quota: what a user holds by protocol 1 counts for protocol 2, and the other way round.</summary>
public sealed class RingsQuota2Tests
{
    private const int Eagain = -11;
    private const int Emfile = -24;

    private static readonly byte[] s_forever = RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul);
    private static readonly RingsSubmission s_forever2 = new() { UserData = 9, Operation = RingsOperation.Timeout, Argument0 = 3_600_000_000_000 };

    [Fact]
    public void Credits_of_a_user()
    {
        using var host = new RingsHost(o => o with { RingEntries = 64, PerUserCredits = 3 });
        using var one = host.Join();
        using var two = RawRings2.Join(host);
        one.Send(s_forever, s_forever);
        Assert.Equal([0, 0], new[] { one.Submitted(), one.Submitted() }.Select(s => s.Result));
        two.Send(RawRings2.Submit([], s_forever2, s_forever2 with { UserData = 10 }));
        Assert.Equal((10ul, Eagain), (two.Completions(1)[0].Record is var refused ? refused.UserData : 0, refused.Result));
        one.Send(s_forever);
        Assert.Equal(Eagain, one.Submitted().Result);

        // What one gives back the other may take.
        two.Dispose();
        using var three = RawRings2.Join(host);
        host.Await(_ => host.Server.Holdings.Clients == 2);
        AwaitTaken(one, s_forever);
        Assert.Equal(Eagain, three.Do(new RingsSubmission { UserData = 1 }).Result);
        one.Dispose();
        host.Await(s => s.OutstandingTasks == 0);
        Assert.Equal(0, three.Do(new RingsSubmission { UserData = 1 }).Result);
    }

    [Fact]
    public void Bytes_of_a_user()
    {
        using var host = new RingsHost(o => o with { RingEntries = 64, PerUserBytes = 5000 });
        using var one = host.Join();
        using var two = RawRings2.Join(host);
        var (ours, theirs) = Sockets.Pair();
        var (socket, twin) = (one.Register(theirs), two.Register(theirs));
        one.Send(RawRings.Request(RingsKind.SockRead, socket, 4000u));
        Assert.Equal(0, one.Submitted().Result);
        Assert.Equal(Eagain, two.Do(new RingsSubmission { UserData = 1, Operation = RingsOperation.Receive, File = twin, Length = 1001 }).Result);
        two.Send(RawRings2.Submit([], new RingsSubmission { UserData = 2, Operation = RingsOperation.Receive, File = twin, Length = 1000 }));
        Assert.Equal(0, two.Do(new RingsSubmission { UserData = 3 }).Result);
        one.Send(RawRings.Request(RingsKind.SockRead, socket, 1u));
        Assert.Equal(Eagain, one.Submitted().Result);
        one.Dispose();
        host.Await(s => s.OutstandingTasks == 0);
        FileCalls.Write(ours, "x"u8);
        Assert.Equal(1, two.Completions(1)[0].Record.Result);
        FileCalls.Close(ours);
        FileCalls.Close(theirs);
    }

    [Fact]
    public void Descriptors_of_a_user()
    {
        using var host = new RingsHost(o => o with { PerUserFds = 2 });
        using var one = host.Join();
        using var two = RawRings2.Join(host);
        var memory = SharedMemory.Create("test", 4096);
        one.Register(memory);
        two.Register(memory);
        Assert.Equal(Emfile, two.SendWith(RawRings2.Message(RingsMessageType.RegisterFiles, 1), memory).Item().Value);
        one.SendWith(memory, RawRings.Prefix(RingsKind.RegisterFd));
        Assert.Equal(Eagain, one.Resource().Result);
        Assert.Equal(Eagain, Refused(one, RawRings.OpenAt("/dev/null", 0)));
        two.Dispose();
        host.Await(_ => host.Server.Holdings.Clients == 1);
        Assert.Equal(2, one.Do(RawRings.OpenAt("/dev/null", 0)).Result);
        FileCalls.Close(memory);
    }

    [Fact]
    public void Connections_of_a_user_and_of_all()
    {
        using (var host = new RingsHost(o => o with { PerUserClients = 2 }))
        {
            using var one = host.Join();
            using var two = RawRings2.Join(host);
            using (var three = new RawRings2(host.Path))
                three.AssertEnd();
            two.Dispose();
            host.Await(_ => host.Server.Holdings.Clients == 1);
            using var again = RawRings2.Join(host);
        }

        using (var host = new RingsHost(o => o with { MaxClients = 2 }))
        {
            using var one = RawRings2.Join(host);
            using var two = host.Join();
            using (var three = host.Connect())
                three.AssertEnd();
            one.Dispose();
            host.Await(_ => host.Server.Holdings.Clients == 1);
            using var again = host.Join();
        }
    }

    [Fact]
    public void Nothing_is_held_in_the_end()
    {
        using var host = new RingsHost(o => o with { RingEntries = 64, PerUserCredits = 30, PerUserBytes = 100_000, PerUserFds = 30 });
        using (var one = host.Join())
        using (var two = RawRings2.Join(host))
        {
            one.Do(RawRings.OpenAt("/dev/null", 0));
            one.Send(s_forever);
            two.Region(4096);
            two.DoPath(new RingsSubmission { Operation = RingsOperation.Open }, "/dev/null");
            two.Send(RawRings2.Submit([], s_forever2));
            Assert.True(host.Server.Holdings is { Clients: 2, Users: 1, Descriptors: > 4 });
        }

        host.Await(_ => host.Server.Holdings is { Clients: 0, Users: 0, Descriptors: 0 });
    }

    private static int Refused(RawRings client, byte[] request)
    {
        client.Send(request);
        return client.Submitted().Result;
    }

    // A connection of protocol 2 that ended gives back what the kernel held for it a little later.
    private static void AwaitTaken(RawRings client, byte[] request)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (Refused(client, request) != 0)
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20));
    }
}
