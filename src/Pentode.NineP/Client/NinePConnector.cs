using System.Net;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.NineP.Client;

/// <summary>Connects and starts sessions. Everything runs on the loop's thread.</summary>
public static class NinePConnector
{
    /// <summary>Connects over TCP to a name or address literal; of several addresses the first that answers.</summary>
    public static async Task<Result<NinePClient>> ConnectTcpAsync(IoLoop loop, string host, int port, NinePClientOptions options)
    {
        var peer = $"{host}:{port}";
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host).ConfigureAwait(true);
        }
        catch (SocketException e)
        {
            options.Log.Write(LogLevel.Warning, $"9p: {host}: {e.Message}");
            return Errno.EHOSTUNREACH;
        }

        var error = Errno.EHOSTUNREACH;
        foreach (var address in addresses)
        {
            var made = Sockets.CreateTcp(address.AddressFamily == AddressFamily.InterNetworkV6);
            if (!made.IsOk)
                return made.Error;
            Sockets.SetNoDelay(made.Value);
            Sockets.SetKeepAlive(made.Value);
            error = await ConnectAsync(loop, made.Value, Sockets.TcpAddress(address.ToString(), port), options.ConnectTimeoutMs).ConfigureAwait(true);
            if (error == Errno.None)
                return await NinePClient.StartAsync(loop, made.Value, peer, options).ConfigureAwait(true);
        }

        return error;
    }

    /// <summary>Connects to a Unix socket; a leading '@' means the abstract namespace.</summary>
    public static async Task<Result<NinePClient>> ConnectUnixAsync(IoLoop loop, string path, NinePClientOptions options)
    {
        var address = Sockets.UnixAddress(path);
        if (address.Length == 0)
            return Errno.ENAMETOOLONG;
        var made = Sockets.CreateUnix();
        if (!made.IsOk)
            return made.Error;
        var error = await ConnectAsync(loop, made.Value, address, options.ConnectTimeoutMs).ConfigureAwait(true);
        return error == Errno.None ? await NinePClient.StartAsync(loop, made.Value, path, options).ConfigureAwait(true) : error;
    }

    private static async Task<Errno> ConnectAsync(IoLoop loop, int socket, byte[] address, long timeoutMs)
    {
        var attempt = new Attempt();
        loop.Connect(socket, address, attempt);
        var timer = new Timer(loop, attempt);
        loop.Delay(timeoutMs, timer);
        var result = await attempt.Task.ConfigureAwait(true);
        timer.Stop();
        if (result >= 0)
            return Errno.None;
        loop.Close(socket);
        return result == -(int)Errno.ECANCELED ? Errno.ETIMEDOUT : (Errno)(-result);
    }

    private sealed class Attempt : IoCompletion
    {
        private readonly TaskCompletionSource<int> _done = new();

        public Task<int> Task => _done.Task;

        public override void Complete(int result) => _done.SetResult(result);
    }

    private sealed class Timer(IoLoop loop, Attempt attempt) : IoCompletion
    {
        public void Stop()
        {
            if (IsPending)
                loop.Cancel(this);
        }

        public override void Complete(int result)
        {
            if (result == 0 && attempt.IsPending)
                loop.Cancel(attempt);
        }
    }
}
