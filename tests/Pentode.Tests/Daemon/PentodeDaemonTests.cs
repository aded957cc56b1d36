using System.Net;
using System.Net.Sockets;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Tests.Daemon;

/// <summary>The life of a daemon inside the test process: start, failed start, stop, traces.</summary>
public sealed class PentodeDaemonTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly string _directory = Directory.CreateTempSubdirectory("pentode-daemon").FullName;

    [Theory]
    [InlineData("auto")]
    [InlineData("portable")]
    public async Task AFailedStartLeavesNothingBehind(string engine)
    {
        var first = FreePort();
        var unix = Path.Combine(_directory, "n.sock");
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        var log = new RecordingLog();
        var daemon = new PentodeDaemon(Configure(engine, ListenAddress.Tcp("127.0.0.1", first), ListenAddress.Unix(unix), ListenAddress.Tcp("127.0.0.1", PortOf(busy))), log);
        var failure = await daemon.StartAsync().WaitAsync(s_limit);
        Assert.Equal(ExitCode.CannotListen, failure!.ExitCode);
        Assert.Equal($"cannot listen on nbd tcp 127.0.0.1:{PortOf(busy)}: address already in use (EADDRINUSE)", failure.Message);
        Assert.Empty(log.Lines);
        Assert.False(File.Exists(unix));

        // Free again, without SO_REUSEADDR to help.
        using var again = new TcpListener(IPAddress.Loopback, first) { ExclusiveAddressUse = true };
        again.Start();
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("portable")]
    public async Task StopClosesEveryConnectionEverAccepted(string engine)
    {
        var daemon = new PentodeDaemon(Configure(engine, ListenAddress.Tcp("127.0.0.1", 0)) with { Engine = new EngineConfiguration { Kind = engine, Loops = 3 } }, NullLog.Instance);
        Assert.Null(await daemon.StartAsync().WaitAsync(s_limit));
        var port = Assert.Single(daemon.Listeners).Address.Port;
        var clients = new List<Socket>();
        for (var i = 0; i < 32; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Loopback, port);
            clients.Add(client);
        }

        await daemon.StopAsync().WaitAsync(s_limit);
        Assert.Empty(daemon.Status().Connections);
        foreach (var client in clients)
        {
            await DrainAsync(client).WaitAsync(s_limit);
            client.Dispose();
        }
    }

    [Fact]
    public async Task EachListenerHasItsOwnHandshake()
    {
        var address = ListenAddress.Tcp("127.0.0.1", 0);
        var daemon = new PentodeDaemon(
            new DaemonConfiguration
            {
                Blocks = new BlocksConfiguration
                {
                    Listen = [address, new ListenerConfiguration(address, "small"), new ListenerConfiguration(address, "large")],
                    Exports =
                    [
                        new BlockExportConfiguration { Name = "small", Kind = "memory", MemorySize = 4096 },
                        new BlockExportConfiguration { Name = "large", Kind = "memory", MemorySize = 8192 },
                    ],
                },
                Engine = new EngineConfiguration { Loops = 1 },
                ControlSocket = "",
            },
            NullLog.Instance);
        Assert.Null(await daemon.StartAsync().WaitAsync(s_limit));
        var ports = daemon.Listeners.Select(l => l.Address.Port).ToArray();

        // NBDMAGIC, then IHAVEOPT; or the oldstyle magic and the size.
        Assert.Equal("4E42444D41474943" + "49484156454F5054", Greeting(ports[0], 16));
        Assert.Equal("4E42444D41474943" + "0000420281861253" + "0000000000001000", Greeting(ports[1], 24));
        Assert.Equal("4E42444D41474943" + "0000420281861253" + "0000000000002000", Greeting(ports[2], 24));
        await daemon.StopAsync().WaitAsync(s_limit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RequestsAreWrittenOnlyWhenTraced(bool isTraced)
    {
        var log = new RecordingLog(LogLevel.Debug);
        var configuration = new DaemonConfiguration
        {
            Files = new FilesConfiguration
            {
                Listen = [ListenAddress.Tcp("127.0.0.1", 0)], Exports = [new TreeExportConfiguration { Name = "m", Kind = "memory" }],
            },
            Engine = new EngineConfiguration { Loops = 1 },
            Log = new LogConfiguration { Trace = isTraced ? ["9p"] : [] },
            ControlSocket = "",
        };
        var daemon = new PentodeDaemon(configuration, log);
        Assert.Null(await daemon.StartAsync().WaitAsync(s_limit));
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(IPAddress.Loopback, daemon.Listeners[0].Address.Port);
            Ask(client, "15000000 64 ffff 00000100 0800 3950323030302e4c");                       // Tversion msize 65536 "9P2000.L"
            Ask(client, "18000000 68 0100 07000000 ffffffff 0000 0100 6d 00000000 00");           // Tattach with a byte too many: see below
            Assert.Equal(0, client.Receive(new byte[1]));
        }

        await daemon.StopAsync().WaitAsync(s_limit);
        var requests = log.Lines.Where(l => l.Message.Contains("Tversion", StringComparison.Ordinal)).Select(l => l.Message).ToArray();
        if (isTraced)
            Assert.Matches(@"^9p 127\.0\.0\.1:\d+: Tversion tag=65535 msize=65536 version=9P2000\.L -> ok in \d+ us$", Assert.Single(requests));
        else
            Assert.Empty(requests);

        // A peer that breaks the protocol is worth one warning, not more.
        Assert.Single(log.Lines, l => l.Level == LogLevel.Warning);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static void Ask(Socket client, string hex)
    {
        var frame = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        BitConverter.TryWriteBytes(frame, frame.Length);
        client.Send(frame);
        if (frame[4] != 0x64)
            return;
        var head = new byte[7];
        for (var got = 0; got < head.Length;)
            got += client.Receive(head.AsSpan(got)) is > 0 and var count ? count : throw new EndOfStreamException();
        for (var left = BitConverter.ToInt32(head) - 7; left > 0;)
            left -= client.Receive(new byte[left]);
    }

    private static string Greeting(int port, int length)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        client.Connect(IPAddress.Loopback, port);
        var bytes = new byte[length];
        for (var got = 0; got < length;)
            got += client.Receive(bytes.AsSpan(got)) is > 0 and var count ? count : throw new EndOfStreamException();
        return Convert.ToHexString(bytes);
    }

    private static async Task DrainAsync(Socket client)
    {
        var buffer = new byte[256];
        try
        {
            while (await client.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
    }

    private DaemonConfiguration Configure(string engine, params ListenAddress[] listen) => new()
    {
        Blocks = new BlocksConfiguration
        {
            Listen = [.. listen], Exports = [new BlockExportConfiguration { Name = "", Kind = "memory", MemorySize = 1 << 20 }],
        },
        Engine = new EngineConfiguration { Kind = engine, Loops = 2 },
        ControlSocket = Path.Combine(_directory, "control.sock"),
    };

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return PortOf(probe);
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
