using System.Net;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>NFS over UDP.</summary>
public sealed class DatagramTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_datagram_is_answered_from_where_it_was_sent(string engine)
    {
        await using var host = new NfsHost(engine, options: NfsHost.Options with { Udp = true });
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f");
        var data = new byte[30_000];
        new Random(5).NextBytes(data);
        Assert.Equal(0u, c.Write(file, 0, data));
        // Bound to every address, asked at two: a connected socket only takes what comes from the one it asked.
        var (socket, port) = Bind("*");
        host.Loop.Post(_ => host.Server.ServeDatagrams(host.Loop, socket));
        foreach (var address in new[] { "127.0.0.1", "127.0.0.5" })
        {
            using var client = new UdpClient();
            client.Client.ReceiveTimeout = 20_000;
            client.Connect(IPAddress.Parse(address), port);
            var read = new XdrParser(Ask(client, c.Message(NfsPeer.Nfs, 3, 6, new Xdr().Opaque(file).U64(0).U32(65536)))[24..]);
            Assert.Equal(0u, read.U32());
            _ = (read.Post(), read.U32(), read.U32());
            Assert.Equal(data, read.Opaque());
            // No more than fits a datagram is offered.
            var info = new XdrParser(Ask(client, c.Message(NfsPeer.Nfs, 3, 19, new Xdr().Opaque(c.Root)))[24..]);
            _ = (info.U32(), info.Post());
            Assert.Equal(32768u, info.U32());
            // The same datagram twice, of a call that is done once.
            var create = c.Message(NfsPeer.Nfs, 3, 8, new Xdr().Opaque(c.Root).Text(address).U32(1).Add(Xdr.Change3(0x1A4)));
            Assert.Equal(Ask(client, create), Ask(client, create));
            // Nonsense is dropped; what comes after it is not.
            client.Send([1, 2, 3]);
            client.Send(c.Message(NfsPeer.Nfs, 3, 1)[..20]);
            Assert.Equal(24, Ask(client, c.Message(NfsPeer.Nfs, 3, 0)).Length);
        }
    }

    [Fact]
    public async Task A_socket_for_version_6_serves_too()
    {
        await using var host = new NfsHost("portable", options: NfsHost.Options with { Udp = true });
        var bound = DatagramCalls.Bind("::1", 0);
        Assert.SkipWhen(bound.Error is Errno.EAFNOSUPPORT or Errno.EADDRNOTAVAIL, "no IPv6 here");
        using var c = host.Mounted();
        var port = Sockets.LocalPort(bound.Value);
        host.Loop.Post(_ => host.Server.ServeDatagrams(host.Loop, bound.Value));
        using var client = new UdpClient(AddressFamily.InterNetworkV6);
        client.Client.ReceiveTimeout = 20_000;
        client.Connect(IPAddress.IPv6Loopback, port);
        Assert.Equal(24 + 4 + 84, Ask(client, c.Message(NfsPeer.Nfs, 3, 1, new Xdr().Opaque(c.Root))).Length);
    }

    private static (int Socket, int Port) Bind(string host)
    {
        var bound = DatagramCalls.Bind(host, 0);
        Assert.True(bound.IsOk, bound.ToString());
        return (bound.Value, Sockets.LocalPort(bound.Value));
    }

    private static byte[] Ask(UdpClient client, byte[] message)
    {
        client.Send(message);
        IPEndPoint? from = null;
        return client.Receive(ref from);
    }
}
