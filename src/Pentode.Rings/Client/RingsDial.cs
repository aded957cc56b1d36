using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>What the clients of both protocols begin with.</summary>
internal static class RingsDial
{
    private const int ConnectAgainMs = 5;

    /// <summary>Connects to a server's socket ('@' first means the abstract namespace); one whose queue is full is tried again for a while.</summary>
    public static async Task<(int Socket, RingsProblem? Problem)> ConnectAsync(IoLoop loop, string path, int timeoutMs)
    {
        var address = Sockets.UnixAddress(path);
        if (address.Length == 0)
            return (-1, new RingsProblem(Errno.ENAMETOOLONG, $"cannot connect to {path}: {RingsProblem.Words(Errno.ENAMETOOLONG)}"));
        var made = Sockets.CreateUnix();
        if (!made.IsOk)
            return (-1, new RingsProblem(made.Error, $"cannot make a socket: {made.Error}"));
        var until = loop.NowMs + timeoutMs;
        while (true)
        {
            var result = await loop.ConnectAsync(made.Value, address).ConfigureAwait(true);
            if (result >= 0)
                return (made.Value, null);
            var error = (Errno)(-result);
            if (error != Errno.EAGAIN || loop.NowMs >= until)
            {
                loop.Close(made.Value);
                return (-1, new RingsProblem(error, $"cannot connect to {path}: {RingsProblem.Words(error)}"));
            }

            await loop.DelayAsync(ConnectAgainMs).ConfigureAwait(true);
        }
    }

    /// <summary>Sends the first bytes of a buffer and receives the first of the answer over them; gives how many came.</summary>
    public static async Task<(int Received, RingsProblem? Problem)> ExchangeAsync(IoLoop loop, int socket, NativeBuffer scratch, int sendBytes, int receiveBytes)
    {
        var sent = await loop.SendAsync(socket, scratch.Slice(0, sendBytes)).ConfigureAwait(true);
        if (sent < 0)
            return (0, Io("sending", sent));
        var received = await loop.ReceiveAsync(socket, scratch.Slice(0, receiveBytes), waitAll: true).ConfigureAwait(true);
        return received < 0 ? (0, Io("receiving", received)) : (received, null);
    }

    private static RingsProblem Io(string what, int result) => new((Errno)(-result), $"{what} the handshake failed: {RingsProblem.Words((Errno)(-result))}");
}
