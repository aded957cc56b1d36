using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>A connection takes over what the last one left, and finds nothing of it there.</summary>
public sealed class RingsPlace2Tests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1500)]
    public void The_next_client_finds_everything_as_new(int pauseMs)
    {
        using var host = new RingsHost();
        var (file, region) = Live(host);
        Assert.True(SpinWait.SpinUntil(() => host.Server.Sessions.Count == 0, 20_000));

        // After a second with nobody there all is made anew.
        Thread.Sleep(pauseMs);
        Assert.Equal((file, region), Live(host));
    }

    private static (uint File, ushort Region) Live(RingsHost host)
    {
        using var client = RawRings2.Join(host);
        var stats = client.Stats();
        Assert.Equal((0UL, 0u, 0u, 0UL, 0UL), (stats.Taken, stats.Files, stats.Regions, stats.RegionBytes, stats.BytesRead));
        Assert.All(stats.Waits.Concat(stats.Totals), count => Assert.Equal(0UL, count));
        var file = client.Register(client.Memory(100));
        var (region, _) = client.Region(4096);
        Assert.Equal(100, client.Do(new RingsSubmission { UserData = 1, Operation = RingsOperation.Read, File = file, Region = region, Length = 100 }).Result);
        Assert.Equal(1UL, client.Stats().Totals.Aggregate(0UL, (sum, count) => sum + count));

        // It dies with bytes unread and a message half sent.
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 2, Operation = RingsOperation.Nop }), RawRings2.Message(RingsMessageType.GetStats, 0)[..7]);
        return (file, region);
    }
}
