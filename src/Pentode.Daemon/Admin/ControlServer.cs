using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Services;
using Pentode.Linux;

namespace Pentode.Daemon.Admin;

/// <summary>
/// The control socket: a Unix socket of mode 0600. Each connection sends requests, one line of JSON each, and gets one line of JSON for each.
/// Off the data path, so it uses .NET's own sockets.
/// </summary>
public sealed class ControlServer : IAsyncDisposable
{
    private const int MaximumLine = 65536;
    private const int MaximumClients = 32;
    private const int TypeMask = 0xF000;
    private const int SocketFile = 0xC000;

    private readonly Socket _listener;
    private readonly IStatusSource _source;
    private readonly ILog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _clients = new(MaximumClients);
    private Task _accepting = Task.CompletedTask;

    private ControlServer(string path, Socket listener, IStatusSource source, ILog log)
    {
        Path = path;
        _listener = listener;
        _source = source;
        _log = log;
    }

    /// <summary>Path of the socket.</summary>
    public string Path { get; }

    /// <summary>Listens on <paramref name="path"/>. Null on success, else one line that says why not. A socket nobody serves any more is replaced; any other file is left alone.</summary>
    public static string? Start(string path, IStatusSource source, ILog log, out ControlServer? server)
    {
        server = null;
        Socket? listener = null;
        try
        {
            var endPoint = new UnixDomainSocketEndPoint(path);
            if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } directory)
                Directory.CreateDirectory(directory);
            if (FileCalls.ModeOf(path) is >= 0 and var mode)
            {
                if ((mode & TypeMask) != SocketFile)
                    return $"cannot listen on control socket {path}: there is a file of that name that is no socket";
                if (IsServed(endPoint))
                    return $"cannot listen on control socket {path}: another pentode serves it";
                System.IO.File.Delete(path);
            }

            listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(endPoint);
            System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(16);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            listener?.Dispose();
            return $"cannot listen on control socket {path}: {e.Message.ReplaceLineEndings(" ")}";
        }

        server = new ControlServer(path, listener, source, log);
        server._accepting = server.AcceptAsync();
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        try
        {
            System.IO.File.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Write(LogLevel.Warning, $"cannot remove {Path}: {e.Message}");
        }
    }

    private static bool IsServed(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return true;
        }
        catch (SocketException e)
        {
            // Only a socket that nobody listens on refuses; anything else, such as a full queue, is somebody's.
            return e.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _clients.WaitAsync(_stop.Token).ConfigureAwait(false);
                var client = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            if (!_stop.IsCancellationRequested)
                _log.Write(LogLevel.Error, $"control socket {Path}: {e.Message}");
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using var stream = new NetworkStream(client, ownsSocket: true);
            var buffer = new byte[MaximumLine];
            var length = 0;
            while (true)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', 0, length);
                if (end < 0)
                {
                    if (length == buffer.Length)
                        return;
                    var count = await stream.ReadAsync(buffer.AsMemory(length), _stop.Token).ConfigureAwait(false);
                    if (count == 0)
                        return;
                    length += count;
                    continue;
                }

                await stream.WriteAsync(await Answer(buffer.AsMemory(0, end)).ConfigureAwait(false), _stop.Token).ConfigureAwait(false);
                buffer.AsSpan(end + 1, length - end - 1).CopyTo(buffer);
                length -= end + 1;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The client went away or we stop.
        }
        finally
        {
            _clients.Release();
        }
    }

    private async Task<byte[]> Answer(ReadOnlyMemory<byte> line)
    {
        string json;
        try
        {
            var request = JsonSerializer.Deserialize(line.Span, ControlJson.Default.ControlRequest);
            json = request?.Command switch
            {
                "status" => JsonSerializer.Serialize(_source.Status(), ControlJson.Default.StatusReport),
                "names" when request.Names is { } names => _source.Names(names) is { } work
                    ? JsonSerializer.Serialize(await work.ConfigureAwait(false), NamesJson.Default.NamesAnswer)
                    : Error("this daemon serves no namespace: it has no 'names:' section"),
                "locks" when request.Locks is { } locks => _source.Locks(locks) is { } answer
                    ? await answer.ConfigureAwait(false)
                    : Error("this daemon has no locks: it has no 'locks:' section, or could not start them"),
                null => Error("a request is {\"command\": \"status\"}"),
                var other => Error($"unknown command '{other}': status, names, locks"),
            };
        }
        catch (JsonException e)
        {
            json = Error($"not JSON: {e.Message}");
        }

        return Encoding.UTF8.GetBytes(json + "\n");
    }

    private static string Error(string message) => JsonSerializer.Serialize(new ControlError(message), ControlJson.Default.ControlError);
}
