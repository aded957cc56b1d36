using System.Net.Sockets;
using Pentode.Linux;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Clients that misbehave cost themselves alone.</summary>
public sealed class RingsHostileTests
{
    private static readonly byte[] s_forever = RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul);

    [Fact]
    public void A_client_may_die_at_any_byte()
    {
        using var host = new RingsHost();
        using var bystander = host.Join();
        byte[] stream = [.. RawRings.Handshake, .. RawRings.Request(RingsKind.RegisterBuffer, 4u, 0u, "abcd"), .. s_forever, .. RawRings.OpenAt("/dev/null", 0), .. RawRings.Request(RingsKind.FileWrite, 2u, 3u, "xyz")];
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            using var client = host.Connect();
            client.Send(stream[..cut]);
        }

        host.Await(Calm);
        Assert.Equal(0, bystander.Do(RawRings.Prefix(RingsKind.Nop)).Result);
    }

    [Fact]
    public void Tasks_of_the_vanished_are_cancelled_and_their_credits_come_back()
    {
        using var host = new RingsHost();
        using var bystander = host.Join();
        var (ours, theirs) = Sockets.Pair();
        for (var i = 0; i < 50; i++)
        {
            using var client = host.Join();
            var file = client.Register(theirs);
            client.Send(s_forever, RawRings.Request(RingsKind.SockRead, file, 10u), RawRings.Request(RingsKind.Poll, file, (ushort)1, (ushort)0));
            for (var k = 0; k < 3; k++)
                Assert.Equal(0, client.Submitted().Result);
            client.Dispose();
            host.Await(Calm);
        }

        Assert.Equal(3u, bystander.Stats().AvailableCredits);
        FileCalls.Close(ours);
        FileCalls.Close(theirs);
    }

    [Fact]
    public void A_half_closed_client_is_gone()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        client.Send(s_forever);
        client.Submitted();
        client.Socket.Shutdown(SocketShutdown.Send);
        client.AssertEnd();
        host.Await(s => s is { ActiveClients: 0, OutstandingTasks: 0 });
    }

    [Fact]
    public void A_flood_without_reading_stops_at_the_client()
    {
        using var host = new RingsHost(o => o with { OutputTimeout = TimeSpan.FromSeconds(1) });
        using var bystander = host.Join();
        using var flood = host.Join();
        flood.Socket.SendTimeout = 100;
        flood.Socket.Blocking = false;
        var nops = Enumerable.Repeat(RawRings.Prefix(RingsKind.Nop), 256).SelectMany(b => b).Concat(RawRings.Request(RingsKind.GetTrace, 0ul, 256u, 0u)).ToArray();
        var sent = 0;
        try
        {
            while (sent < 64 << 20)
                sent += flood.Socket.Send(nops);
        }
        catch (SocketException e)
        {
            Assert.Contains(e.SocketErrorCode, new[] { SocketError.WouldBlock, SocketError.Shutdown, SocketError.ConnectionReset });
        }

        Assert.True(sent < 64 << 20, "the server took it all");
        Assert.Equal(0, bystander.Do(RawRings.Prefix(RingsKind.Nop)).Result);

        // Who never reads is dropped after a while.
        host.Await(s => s.ActiveClients == 1);
        Assert.Equal(0, bystander.Do(RawRings.Prefix(RingsKind.Nop)).Result);
    }

    [Fact]
    public void A_flood_that_is_read_late_is_answered_in_full()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        const int count = 20000;
        var all = Enumerable.Repeat(RawRings.Prefix(RingsKind.GetStats), count).SelectMany(b => b).ToArray();
        var sender = Task.Run(() => client.Send(all));
        client.Receive(56 * count);
        Assert.True(sender.Wait(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_descriptor_in_the_wrong_place_ends_the_connection_and_stays_nowhere()
    {
        using var host = new RingsHost();
        using var file = File.OpenHandle("/dev/null");
        var descriptor = (int)file.DangerousGetHandle();
        using (var warm = host.Join())
            warm.Register(descriptor);
        host.Await(Calm0);
        var before = Descriptors();
        for (var i = 0; i < 20; i++)
        {
            using var client = host.Join();
            client.SendWith(descriptor, RawRings.Prefix(RingsKind.Nop));
            client.AssertEnd();

            // Within a request that has begun already.
            using var late = host.Join();
            late.Send(RawRings.Request(RingsKind.FileWrite, 1u, 4u));
            late.SendWith(descriptor, [1, 2, 3, 4]);
            late.AssertEnd();

            // A second one before the first is used.
            using var twice = host.Join();
            twice.SendWith(descriptor, RawRings.Prefix(RingsKind.RegisterFd)[..8]);
            Thread.Sleep(1);
            twice.SendWith(descriptor, RawRings.Prefix(RingsKind.RegisterFd)[8..12]);
            twice.AssertEnd();
        }

        AwaitDescriptors(before);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(100)]
    public unsafe void Too_many_descriptors_end_the_connection_and_stay_nowhere(int count)
    {
        using var host = new RingsHost();
        using var file = File.OpenHandle("/dev/null");
        var descriptor = (int)file.DangerousGetHandle();
        using (var warm = host.Join())
            warm.Register(descriptor);
        host.Await(Calm0);
        var before = Descriptors();
        for (var i = 0; i < 5; i++)
        {
            using var client = host.Join();
            var control = new byte[16 + (count * 4) + 8];
            BitConverter.TryWriteBytes(control, 16L + (count * 4));
            BitConverter.TryWriteBytes(control.AsSpan(8), 1);
            BitConverter.TryWriteBytes(control.AsSpan(12), 1);
            for (var k = 0; k < count; k++)
                BitConverter.TryWriteBytes(control.AsSpan(16 + (k * 4)), descriptor);
            fixed (byte* rights = control)
            fixed (byte* data = RawRings.Prefix(RingsKind.RegisterFd))
            {
                var part = new IoVector { Base = data, Length = 16 };
                var message = new MessageHeader { Vectors = &part, VectorCount = 1, Control = rights, ControlLength = (nuint)((16 + (count * 4) + 7) & ~7) };
                Assert.Equal(16, NativeSocket.SendMsg((int)client.Socket.Handle, &message, 0x4000));
            }

            client.AssertEnd();
        }

        AwaitDescriptors(before);
    }

    [Fact]
    public void The_end_of_a_connection_to_the_server_itself_is_not_taken()
    {
        using var host = new RingsHost();
        using var other = host.Join();
        for (var i = 0; i < 2; i++)
        {
            using var client = host.Join();
            client.SendWith((int)(i == 0 ? client : other).Socket.Handle, RawRings.Prefix(RingsKind.RegisterFd));
            client.AssertEnd();
        }

        // Kept by the server while its request is not there, it would never be gone.
        using (var client = host.Connect())
            client.SendWith((int)client.Socket.Handle, RawRings.Prefix(RingsKind.RegisterFd)[..5]);
        host.Await(s => s.ActiveClients == 1);
    }

    [Fact]
    public void A_descriptor_belongs_to_its_request()
    {
        using var host = new RingsHost();
        using var file = File.OpenHandle("/dev/null");
        var descriptor = (int)file.DangerousGetHandle();

        // With the handshake: for the request after it.
        using var early = host.Connect();
        early.SendWith(descriptor, RawRings.Handshake);
        early.Receive(52);
        early.Send(RawRings.Prefix(RingsKind.RegisterFd));
        Assert.Equal((1u, 0, 31u), early.Resource());
        using var wrong = host.Connect();
        wrong.SendWith(descriptor, RawRings.Handshake);
        wrong.Receive(52);
        wrong.Send(RawRings.Prefix(RingsKind.Nop));
        wrong.AssertEnd();

        // Behind others, in pieces, and with others behind it.
        using var client = host.Join();
        client.Send(RawRings.Prefix(RingsKind.GetStats), RawRings.Prefix(RingsKind.GetStats));
        client.SendWith(descriptor, RawRings.Prefix(RingsKind.RegisterFd));
        client.SendWith(descriptor, [.. RawRings.Prefix(RingsKind.RegisterFd), .. RawRings.Prefix(RingsKind.RegisterFd)[..4]]);
        client.SendWith(descriptor, RawRings.Prefix(RingsKind.RegisterFd)[4..]);
        client.SendWith(descriptor, [.. RawRings.Prefix(RingsKind.RegisterFd), .. RawRings.Prefix(RingsKind.GetStats)]);
        client.Receive(56 + 56);
        for (var id = 1u; id <= 4; id++)
            Assert.Equal((id, 0, 32 - id), client.Resource());
        client.Receive(56);
    }

    [Fact]
    public void A_storm_of_cancels_harms_nobody()
    {
        using var host = new RingsHost();
        using var bystander = host.Join();
        using var storm = host.Join();
        for (var round = 0; round < 50; round++)
            storm.Send([.. Enumerable.Range(0, 40).Select(i => RawRings.Request(RingsKind.Cancel, (ulong)(i + 1)))]);
        Assert.Equal(0, bystander.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        storm.Dispose();
        host.Await(Calm);
        Assert.Equal(0, bystander.Do(RawRings.Prefix(RingsKind.Nop)).Result);
    }

    [Fact]
    public void A_client_that_never_shakes_hands_is_dropped()
    {
        using var host = new RingsHost(o => o with { HandshakeTimeout = TimeSpan.FromMilliseconds(50) });
        using var client = host.Connect();
        client.Send([1, 2, 3]);
        client.AssertEnd();
    }

    private static bool Calm(RingsStats s) => s is { ActiveClients: 1, OutstandingTasks: 0, OutstandingCreditTasks: 0, RegisteredFiles: 0, RegisteredBuffers: 0 };

    private static bool Calm0(RingsStats s) => s is { ActiveClients: 0, OutstandingTasks: 0, RegisteredFiles: 0 };

    internal static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Count(IsNull);

    internal static void AwaitDescriptors(int most)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (Descriptors() > most)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), $"{Descriptors()} descriptors instead of {most}");
            Thread.Sleep(5);
        }
    }

    // Other tests open and close descriptors meanwhile: only those of our own kind count.
    private static bool IsNull(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget == "/dev/null";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
