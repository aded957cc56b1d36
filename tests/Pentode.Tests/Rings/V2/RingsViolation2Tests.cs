using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Negotiation, and every way to end one's own connection; the server serves on.</summary>
public sealed class RingsViolation2Tests
{
    private static readonly byte[] s_nop = RawRings2.Submit([], new RingsSubmission { UserData = 1 });

    [Fact]
    public void Negotiation_tells_the_limits()
    {
        using var host = new RingsHost();
        using var client = new RawRings2(host.Path);
        var welcome = client.Greet();
        Assert.Equal(0, welcome.Status);
        Assert.Equal((256u, 256u, 131072u, 65536u), (welcome.Credits, welcome.Batch, welcome.Message, welcome.Inline));
        Assert.Equal((256u, 16u, 1ul << 30), (welcome.Files, welcome.Regions, welcome.RegionBytes));
        Assert.Equal((4096u, 64u, 0x7FFFF000ul, 100u), (welcome.RingEntries, welcome.Vectors, welcome.Transfer, welcome.Weight));
        Assert.Equal(0xFFFFFFFFul, welcome.Operations);
        Assert.Equal(0, client.Do(new RingsSubmission { UserData = 5 }).Result);
    }

    [Theory]
    [InlineData("494F4431020000000100000000000000")] // abi 1
    [InlineData("494F4431020000000200000001000000")] // reserved
    [InlineData("494F443102000C000100C00000000000")]
    [InlineData("494F4431030000000300000000000000")] // version 3
    public void Other_handshakes_are_refused_in_the_words_of_protocol_1(string hello)
    {
        using var host = new RingsHost();
        using var client = new RawRings2(host.Path);
        client.Send(Convert.FromHexString(hello));
        Assert.Equal("494F443101000C0001000C0001000000" + new string('0', 72), Convert.ToHexString(client.Receive(52)));
        client.AssertEnd();
    }

    [Fact]
    public void Bytes_behind_the_handshake_are_refused()
    {
        using var host = new RingsHost();
        using var client = new RawRings2(host.Path);
        client.Send(RawRings2.Hello, s_nop);
        Assert.Equal(1, client.Receive(52)[4]);
        client.AssertEnd();
    }

    [Fact]
    public void A_server_without_protocol_2_refuses_like_an_old_one()
    {
        using var host = new RingsHost(o => o with { HasProtocol2 = false });
        using var client = new RawRings2(host.Path);
        client.Send(RawRings2.Hello);
        Assert.Equal("494F443101000C0001000C0001000000" + new string('0', 72), Convert.ToHexString(client.Receive(52)));
        client.AssertEnd();
    }

    [Fact]
    public void There_is_room_for_so_many()
    {
        using var host = new RingsHost(o => o with { MaxClients = 2 });
        using var first = RawRings2.Join(host);
        using var second = RawRings2.Join(host);
        using (var third = new RawRings2(host.Path))
            third.AssertEnd();
        first.Dispose();
        Await(host, 1);
        using var fourth = RawRings2.Join(host);
        Assert.Equal(0, fourth.Do(new RingsSubmission { UserData = 5 }).Result);
    }

    [Fact]
    public void A_user_has_so_many()
    {
        using var host = new RingsHost(o => o with { PerUserClients = 1 });
        using var first = RawRings2.Join(host);
        using var second = new RawRings2(host.Path);
        second.AssertEnd();
    }

    [Theory]
    [InlineData("00000000010001005000000000000000", RingsGoodbyeReason.Magic, 0)]
    [InlineData("494F4431010001005000000000000000", RingsGoodbyeReason.Magic, 0)]
    [InlineData("494F4432000000001000000000000000", RingsGoodbyeReason.Type, 0)]
    [InlineData("494F4432800000001000000000000000", RingsGoodbyeReason.Type, 128)]
    [InlineData("494F4432010001000F00000000000000", RingsGoodbyeReason.Length, 1)]
    [InlineData("494F443201000100FFFFFFFF00000000", RingsGoodbyeReason.Length, 1)]
    [InlineData("494F4432010000001000000000000000", RingsGoodbyeReason.Count, 1)]
    [InlineData("494F443201000101501000000000000000", RingsGoodbyeReason.Count, 1)]
    [InlineData("494F4432060000001100000000000000", RingsGoodbyeReason.Length, 6)]
    [InlineData("494F4432020001001000000000000000", RingsGoodbyeReason.Descriptors, 2)]
    [InlineData("494F443203000100200000000000000000100000000000000000000000000000", RingsGoodbyeReason.Descriptors, 3)]
    [InlineData("494F443203000100200000000000000000100000000000000100000000000000", RingsGoodbyeReason.Reserved, 3)]
    [InlineData("494F443203000100200000000000000000100000000000000000000001000000", RingsGoodbyeReason.Reserved, 3)]
    [InlineData("494F4432050001002800000000000000210000004000000000000000000000000000000000000000", RingsGoodbyeReason.Descriptors, 5)]
    [InlineData("494F4432050001002800000000000000210001004000000000000000000000000000000000000000", RingsGoodbyeReason.Reserved, 5)]
    [InlineData("494F443207000100180000000000000001000000010000000000000000000000", RingsGoodbyeReason.Reserved, 7)]
    public void A_broken_message_ends_its_connection(string bytes, RingsGoodbyeReason reason, int about)
    {
        using var host = new RingsHost();
        using var other = RawRings2.Join(host);
        using var client = RawRings2.Join(host);
        client.Send(Convert.FromHexString(bytes));
        client.AssertGoodbye(reason, (RingsMessageType)about);
        Assert.Equal(0, other.Do(new RingsSubmission { UserData = 5 }).Result);
    }

    [Fact]
    public void Descriptors_nobody_takes_end_the_connection_and_are_closed()
    {
        using var host = new RingsHost();
        using (var warm = RawRings2.Join(host))
            warm.Do(new RingsSubmission());
        Await(host, 0);
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var round = 0; round < 5; round++)
        {
            using var client = RawRings2.Join(host);
            var some = client.Event();
            for (var i = 0; i < 5; i++)
                client.SendWith(RawRings2.Message(RingsMessageType.GetStats, 0), some, some, some, some);
            var end = new byte[4096];
            while (client.Socket.Receive(end) > 0)
            {
            }
        }

        Await(host, 0);
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (Directory.GetFiles("/proc/self/fd").Length > before)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), "descriptors stay open");
            Thread.Sleep(5);
        }
    }

    [Fact]
    public void Its_own_end_is_not_taken()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        client.SendWith(RawRings2.Message(RingsMessageType.RegisterFiles, 1), (int)client.Socket.Handle);
        client.AssertGoodbye(RingsGoodbyeReason.Descriptors);
    }

    [Fact]
    public void Death_at_every_byte_of_a_message_harms_nobody()
    {
        using var host = new RingsHost();
        using var other = RawRings2.Join(host);
        byte[][] messages =
        [
            RawRings2.Submit([1, 2, 3], new RingsSubmission { Operation = RingsOperation.Timeout, Argument0 = 3_600_000_000_000 }, new RingsSubmission()),
            RawRings2.Message(RingsMessageType.Release, 2, new byte[16]),
            RawRings2.Message(RingsMessageType.SetWeight, 1, [5, 0, 0, 0, 0, 0, 0, 0]),
        ];
        foreach (var message in messages)
        {
            for (var length = 0; length <= message.Length; length++)
            {
                using var client = RawRings2.Join(host);
                client.Send(message[..length]);
            }

            Assert.Equal(0, other.Do(new RingsSubmission { UserData = 5 }).Result);
        }

        for (var length = 0; length < RawRings2.Hello.Length; length++)
        {
            using var client = new RawRings2(host.Path);
            client.Send(RawRings2.Hello[..length]);
        }

        Await(host, 1);
        Assert.Equal(0, other.Do(new RingsSubmission { UserData = 6 }).Result);
    }

    [Fact]
    public void The_end_of_the_server_is_told()
    {
        var host = new RingsHost();
        using var client = RawRings2.Join(host);
        client.Send(RawRings2.Submit([], new RingsSubmission { Operation = RingsOperation.Timeout, Argument0 = 3_600_000_000_000 }));
        client.Stats();
        host.Dispose();
        client.AssertGoodbye(RingsGoodbyeReason.Ending);
    }

    [Fact]
    public void A_client_lowers_its_weight_and_no_more()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        foreach (var (asked, result, inForce) in new[] { (7, 0, 7u), (1000, 0, 100u), (0, -22, 0u), (-1, -22, 0u) })
            Assert.Equal(new RingsItem(result, inForce), client.Send(RawRings2.Message(RingsMessageType.SetWeight, 1, [.. BitConverter.GetBytes(asked), 0, 0, 0, 0])).Item());
        Assert.Equal(100u, client.Stats().Weight);
    }

    private static void Await(RingsHost host, int clients)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (host.Server.Sessions.Count(s => s.Protocol == "rings2") != clients)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), $"still {host.Server.Sessions.Count} clients");
            Thread.Sleep(2);
        }
    }
}
