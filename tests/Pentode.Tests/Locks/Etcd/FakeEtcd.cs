using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pentode.Tests.Locks.Etcd;

/// <summary>
/// A gRPC server on loopback that speaks just enough HTTP/2 in clear text, and answers as it is told, however wrong. It counts the calls of
/// each method.
/// </summary>
public sealed class FakeEtcd : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, byte[], FakeAnswer> _answer;
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly ConcurrentQueue<string> _calls = new();

    /// <summary>Starts listening; <paramref name="answer"/> gets the method's name ("Txn") and its message.</summary>
    public FakeEtcd(Func<string, byte[], FakeAnswer> answer)
    {
        _answer = answer;
        _listener.Start();
        Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Endpoint { get; }

    /// <summary>A status answer of version 3.4.31 from cluster <paramref name="cluster"/> (one octet).</summary>
    public static FakeAnswer Status(byte cluster = 1, string version = "3.4.31") =>
        FakeAnswer.Reply($"0a0208{cluster:x2}12{version.Length:x2}{Convert.ToHexStringLower(Encoding.ASCII.GetBytes(version))}2001");

    /// <summary>Calls of that method so far.</summary>
    public int Calls(string method) => _calls.Count(c => c == method);

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        foreach (var client in _clients)
            client.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[24]);
            await stream.WriteAsync(Frame(4, 0, 0, []));
            var header = new byte[9];
            var paths = new Dictionary<int, string>();
            var bodies = new Dictionary<int, byte[]>();
            while (true)
            {
                await stream.ReadExactlyAsync(header);
                var payload = new byte[(header[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(1))];
                await stream.ReadExactlyAsync(payload);
                var id = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5));
                switch (header[3])
                {
                    case 4 when (header[4] & 1) == 0:
                        await stream.WriteAsync(Frame(4, 1, 0, []));
                        break;
                    case 6 when (header[4] & 1) == 0:
                        await stream.WriteAsync(Frame(6, 1, 0, payload));
                        break;
                    case 1:
                        paths[id] = Method(payload);
                        bodies[id] = [];
                        break;
                    case 0:
                        bodies[id] = [.. bodies[id], .. payload];
                        var isStream = paths[id] == "Watch" && payload.Length > 0;
                        if (((header[4] & 1) == 0 && !isStream) || (paths[id] == "Watch" && !isStream))
                            break;
                        _calls.Enqueue(paths[id]);
                        var answer = _answer(paths[id], bodies[id].Length > 5 ? bodies[id][5..] : []);
                        if (answer.Kind == FakeAnswerKind.Close)
                        {
                            client.Dispose();
                            return;
                        }

                        await stream.WriteAsync(Encode(id, answer));
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
        }
    }

    private static string Method(byte[] headers)
    {
        var text = Encoding.Latin1.GetString(headers);
        var start = text.IndexOf("/etcdserverpb.", StringComparison.Ordinal);
        var name = text[(text.IndexOf('/', start + 1) + 1)..];
        var end = name.AsSpan().IndexOfAnyExceptInRange('A', 'z');
        return end < 0 ? name : name[..end];
    }

    private static byte[] Encode(int id, FakeAnswer answer)
    {
        var ok = Headers(id, endStream: false, answer.Kind == FakeAnswerKind.NotFound ? (byte)0x8d : (byte)0x88);
        return answer.Kind switch
        {
            FakeAnswerKind.Reply => [.. ok, .. Data(id, 0, answer.Payload), .. Trailers(id, 0, "")],
            FakeAnswerKind.Stream => [.. ok, .. Data(id, 0, answer.Payload)],
            FakeAnswerKind.TrailersOnly => Headers(id, endStream: true, 0x88, ("grpc-status", $"{answer.Status}"), ("grpc-message", answer.Message.Replace(" ", "%20", StringComparison.Ordinal))),
            FakeAnswerKind.NotFound => [.. ok, .. Frame(0, 1, id, [])],
            FakeAnswerKind.NoStatus => [.. ok, .. Data(id, 0, answer.Payload), .. Headers(id, endStream: true, 0, ("x-nothing", "1"))],
            FakeAnswerKind.Compressed => [.. ok, .. Data(id, 1, answer.Payload), .. Trailers(id, 0, "")],
            FakeAnswerKind.Huge => [.. ok, .. Frame(0, 0, id, [0, 0x7f, 0xff, 0xff, 0xff]), .. Trailers(id, 0, "")],
            FakeAnswerKind.Short => [.. ok, .. Frame(0, 0, id, [0, 0, 0, 0, 9, 1]), .. Trailers(id, 0, "")],
            _ => [],
        };
    }

    private static byte[] Data(int id, byte flag, byte[] payload)
    {
        var message = new byte[5 + payload.Length];
        message[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), payload.Length);
        payload.CopyTo(message, 5);
        return Frame(0, 0, id, message);
    }

    private static byte[] Trailers(int id, int status, string message) => Headers(id, endStream: true, 0, ("grpc-status", $"{status}"), ("grpc-message", message));

    /// <summary>A HEADERS frame: an indexed :status (0 for none), then literal fields without indexing.</summary>
    private static byte[] Headers(int id, bool endStream, byte status, params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        if (status != 0)
            block.Add(status);
        foreach (var (name, value) in fields)
            block.AddRange([0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);
        return Frame(1, (byte)(endStream ? 5 : 4), id, [.. block]);
    }

    private static byte[] Frame(byte type, byte flags, int id, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
