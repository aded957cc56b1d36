using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Pentode.Daemon.Admin;

/// <summary>Asks a running daemon.</summary>
public static class ControlClient
{
    /// <summary>The answer to "status" as the line the daemon sent, or null and the reason.</summary>
    public static Task<(string? Line, string Problem)> AskAsync(string path, string command, TimeSpan timeout) => AskAsync(path, new ControlRequest(command), timeout);

    /// <summary>The answer to a request as the line the daemon sent, or null and the reason.</summary>
    public static async Task<(string? Line, string Problem)> AskAsync(string path, ControlRequest asked, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token).ConfigureAwait(false);
            using var stream = new NetworkStream(socket, ownsSocket: false);
            var request = JsonSerializer.Serialize(asked, ControlJson.Default.ControlRequest) + "\n";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), limit.Token).ConfigureAwait(false);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var line = await reader.ReadLineAsync(limit.Token).ConfigureAwait(false);
            return line is null ? (null, $"{path}: the daemon closed the connection") : (line, "");
        }
        catch (SocketException e)
        {
            // .NET says "cannot assign requested address" of a path that does not exist.
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressNotAvailable => "there is no such socket",
                SocketError.ConnectionRefused => "nobody listens there any more",
                SocketError.AccessDenied => "permission denied",
                _ => e.Message,
            };
            return (null, $"cannot reach a daemon at {path}: {why}; is 'pentode serve' running?");
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return (null, $"cannot reach a daemon at {path}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return (null, $"no answer from {path} within {timeout.TotalSeconds:0} s");
        }
    }
}
