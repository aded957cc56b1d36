using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Refused requests: task 0, the errno of the first check that fails, and the counts.</summary>
public sealed class RingsRejectionTests
{
    public static TheoryData<string, int, byte[]> Rejections() => new()
    {
        { "read of resource 0", -22, RawRings.Request(RingsKind.SockRead, 0u, 1u) },
        { "read of nothing", -22, RawRings.Request(RingsKind.FileRead, 1u, 0u) },
        { "read of too much", -22, RawRings.Request(RingsKind.FileRead, 1u, 4097u) },
        { "write to resource 0", -22, RawRings.Request(RingsKind.FileWrite, 0u, 1u, "x") },
        { "poll of resource 0", -22, RawRings.Request(RingsKind.Poll, 0u, 1u) },
        { "poll of nothing", -22, RawRings.Request(RingsKind.Poll, 1u, 0u) },
        { "connect of resource 0", -22, RawRings.Request(RingsKind.Connect, 0u, 2u, (ushort)1) },
        { "accept of resource 0", -22, RawRings.Request(RingsKind.Accept, 0u, 0u) },
        { "close of resource 0", -22, RawRings.Request(RingsKind.Close, 0u, 0u) },
        { "fixed without file", -22, RawRings.Request(RingsKind.SockReadFixed, 0u, 1u, 1u) },
        { "fixed without buffer", -22, RawRings.Request(RingsKind.SockWriteFixed, 1u, 0u, 1u) },
        { "fixed of nothing", -22, RawRings.Request(RingsKind.SockWriteFixed, 1u, 1u, 0u) },
        { "cancel of 0", -22, RawRings.Request(RingsKind.Cancel, 0ul) },
        { "cancel of a reserved id", -22, RawRings.Request(RingsKind.Cancel, ulong.MaxValue - 15) },
        { "read of the unknown", -2, RawRings.Request(RingsKind.SockRead, 7u, 1u) },
        { "read of a buffer", -2, RawRings.Request(RingsKind.SockRead, 1u, 1u) },
        { "write to the unknown", -2, RawRings.Request(RingsKind.SockWrite, 7u, 1u, "x") },
        { "poll of the unknown", -2, RawRings.Request(RingsKind.Poll, 7u, 1u) },
        { "connect of the unknown", -2, RawRings.Request(RingsKind.Connect, 7u, 2u, (ushort)1) },
        { "accept of the unknown", -2, RawRings.Request(RingsKind.Accept, 7u, 1u) },
        { "close of the unknown", -2, RawRings.Request(RingsKind.Close, 7u, 0u) },
        { "close of a buffer", -2, RawRings.Request(RingsKind.Close, 1u, 0u) },
        { "fixed of the unknown", -2, RawRings.Request(RingsKind.SockReadFixed, 7u, 1u, 1u) },
        { "fixed of an unknown buffer", -2, RawRings.Request(RingsKind.SockReadFixed, 2u, 7u, 1u) },
        { "fixed of a descriptor as buffer", -2, RawRings.Request(RingsKind.SockReadFixed, 2u, 2u, 1u) },
        { "fixed beyond the content", -22, RawRings.Request(RingsKind.SockWriteFixed, 2u, 1u, 3u) },
        { "open with no slot left", -11, RawRings.OpenAt("/dev/null", 0) },
        { "accept with no slot left", -11, RawRings.Request(RingsKind.Accept, 2u, 0u) },
    };

    [Theory]
    [MemberData(nameof(Rejections))]
    public void A_request_is_refused(string name, int result, byte[] request)
    {
        Assert.NotEmpty(name);
        using var host = new RingsHost(o => o with { RegisteredFds = 1 });
        using var client = host.Join();
        client.Send(RawRings.Request(RingsKind.RegisterBuffer, 2u, 0u, "ab"));
        Assert.Equal((1u, 0, 0u), client.Resource());
        using var file = File.OpenHandle("/dev/null");
        Assert.Equal(2u, client.Register((int)file.DangerousGetHandle()));
        client.Send(request);
        Assert.Equal((0ul, result, 3u), client.Submitted());
        var stats = client.Stats();
        Assert.Equal((0ul, 1ul, 0ul, 0u), (stats.AcceptedSubmits, stats.RejectedSubmits, stats.Completions, stats.OutstandingTasks));

        // No task id was spent.
        client.Send(RawRings.Prefix(RingsKind.Nop));
        Assert.Equal(1ul, client.Submitted().Task);
    }

    [Fact]
    public void Control_requests_are_refused()
    {
        using var host = new RingsHost(o => o with { RegisteredFds = 1 });
        using var client = host.Join();
        using var file = File.OpenHandle("/dev/null");
        var descriptor = (int)file.DangerousGetHandle();
        client.Send(RawRings.Prefix(RingsKind.RegisterFd));
        Assert.Equal((0u, -22, 1u), client.Resource());
        Assert.Equal(1u, client.Register(descriptor));
        client.SendWith(descriptor, RawRings.Prefix(RingsKind.RegisterFd));
        Assert.Equal((0u, -11, 0u), client.Resource());
        client.Send(RawRings.Request(RingsKind.RegisterBuffer, 0u, 0u), RawRings.Request(RingsKind.RegisterBuffer, 1u, 0u, "x"));
        Assert.Equal((2u, 0, 0u), client.Resource());
        Assert.Equal((0u, -11, 0u), client.Resource());
        client.Send(RawRings.Request(RingsKind.ReleaseResource, 0u, 0u), RawRings.Request(RingsKind.ReleaseResource, 9u, 0u));
        Assert.Equal((0u, -22, 0u), client.Resource());
        Assert.Equal((0u, -2, 0u), client.Resource());
        Assert.Equal(0ul, client.Stats().RejectedSubmits);
        client.Send(RawRings.Request(RingsKind.GetTrace, 0ul, 256u, 0u));
        Assert.True(RingsTraceHead.TryRead(client.Receive(24), out var head));
        Assert.Equal(2u, head.Count);
    }

    [Fact]
    public void Fair_shares_hold_and_accept_can_be_refused()
    {
        using var host = new RingsHost(o => o with { PerClientCredits = 1, Fault = Pentode.Rings.Server.RingsFault.AcceptInvalid });
        using var one = host.Join();
        using var two = host.Join();
        var timeout = RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul);
        one.Send(timeout, timeout);
        Assert.Equal((1ul, 0, 2u), one.Submitted());
        Assert.Equal((0ul, -11, 2u), one.Submitted());
        using var file = File.OpenHandle("/dev/null");
        var id = two.Register((int)file.DangerousGetHandle());
        two.Send(RawRings.Request(RingsKind.Accept, id, 0u));
        Assert.Equal((0ul, -22, 2u), two.Submitted());
        Assert.Equal(2, two.Do(RawRings.OpenAt("/dev/null", 0)).Result);
    }
}
