using System.Net;
using System.Net.Sockets;

namespace Pentode.Tests.Names;

/// <summary>A TCP relay in front of PostgreSQL that can cut a connection just before or just after a COMMIT reached the server, before its answer reaches the client.</summary>
internal sealed class StoreCut : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _server;
    private int _cuts;

    public StoreCut(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAll();
    }

    public enum When
    {
        Never,
        BeforeCommit,
        AfterCommit,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What happens to the next COMMIT; one is cut, then others pass.</summary>
    public When Next { get; set; }

    public int Cuts => Volatile.Read(ref _cuts);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAll()
    {
        try
        {
            while (true)
                _ = Relay(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task Relay(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server);
                var cut = new TaskCompletionSource();
                await Task.WhenAny(Up(client.GetStream(), server.GetStream(), cut), Down(server.GetStream(), client.GetStream(), cut));
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
            {
                // One side is gone.
            }
        }
    }

    private async Task Up(NetworkStream client, NetworkStream server, TaskCompletionSource cut)
    {
        var buffer = new byte[1 << 20];
        int count;
        while ((count = await client.ReadAsync(buffer)) > 0)
        {
            if (Next != When.Never && buffer.AsSpan(0, count).IndexOf("COMMIT"u8) >= 0)
            {
                var when = Next;
                Next = When.Never;
                Interlocked.Increment(ref _cuts);
                if (when == When.BeforeCommit)
                    return;
                cut.SetResult();
            }

            await server.WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private static async Task Down(NetworkStream server, NetworkStream client, TaskCompletionSource cut)
    {
        var buffer = new byte[1 << 20];
        int count;
        while ((count = await server.ReadAsync(buffer)) > 0)
        {
            // The answer to a COMMIT that shall not be heard: it took place.
            if (cut.Task.IsCompleted && buffer.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0)
                return;
            await client.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
