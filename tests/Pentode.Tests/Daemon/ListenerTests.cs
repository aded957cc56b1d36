using System.Net;
using System.Net.Sockets;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Tests.Uring;
using Pentode.Uring;

namespace Pentode.Tests.Daemon;

public sealed class ListenerTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task AcceptedConnectionsSendSmallRepliesAtOnce(string engine)
    {
        var first = EngineHost.Start(engine);
        var second = EngineHost.Start(engine);
        var socket = Pentode.Linux.Sockets.ListenTcp("127.0.0.1", 0).Value;
        var address = ListenAddress.Tcp("127.0.0.1", Pentode.Linux.Sockets.LocalPort(socket));
        var frontEnd = new Probe();
        var listener = new Listener(socket, new ListenerConfiguration(address, "disk"), frontEnd, [first, second], 0, NullLog.Instance);
        listener.Start();

        // Two: one stays on the accepting loop, the other goes to its neighbour.
        for (var i = 0; i < 2; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Loopback, address.Port);
            Assert.Equal((true, "disk"), await frontEnd.Served.Reader.ReadAsync().AsTask().WaitAsync(EngineHost.Limit));
        }

        await listener.StopAsync();
        await first.StopAsync();
        await second.StopAsync();
    }

    private sealed class Probe : IFrontEnd
    {
        public System.Threading.Channels.Channel<(bool NoDelay, string? OldStyle)> Served { get; } =
            System.Threading.Channels.Channel.CreateUnbounded<(bool, string?)>();

        public string Protocol => "probe";

        public IReadOnlyList<SessionInfo> Sessions => [];

        public void Serve(IoLoop loop, int socket, string peer, ListenerConfiguration listener)
        {
            // Asked of the kernel: the class knows nothing about a descriptor it did not make.
            using (var accepted = new Socket(new SafeSocketHandle(socket, ownsHandle: false)))
                Served.Writer.TryWrite((accepted.NoDelay, listener.OldStyleExport));
            loop.Close(socket);
        }

        public Task DrainAsync(TimeSpan timeout) => Task.CompletedTask;
    }
}
