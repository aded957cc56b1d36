using System.Net.Sockets;
using Pentode.Rings.Wire;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Rings.Client;

/// <summary>A server that says what a script tells it to, true or not. One connection; then the script ends and the socket closes.</summary>
internal sealed class FakeRingsServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _running;

    public FakeRingsServer(Func<FakeRingsServer, Task> script)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        // Off the loop of the test: the server is another process in all but name.
        _running = Task.Run(() => RunAsync(script));
    }

    public string Path => _directory["rings.sock"];

    public Socket Socket { get; private set; } = null!;

    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>A sound handshake, changed as a test likes.</summary>
    public static byte[] Handshake(
        ushort minor = 12,
        ushort abiMinor = 12,
        ushort status = 0,
        ushort reserved = 0,
        uint structSize = 36,
        uint entries = 4,
        uint completions = 8,
        uint operations = 0xFFF,
        uint credits = 3,
        uint descriptors = 32,
        uint buffers = 1,
        uint ioBytes = 4096)
    {
        var bytes = new byte[RingsWire.HandshakeResultSize];
        new RingsHandshakeResult
        {
            Header = new RingsHeader(1, minor),
            AbiMajor = 1,
            AbiMinor = abiMinor,
            Status = status,
            Reserved = reserved,
            StructSize = structSize,
            Features = 0x3FFFF,
            RingEntries = entries,
            CompletionEntries = completions,
            Operations = (RingsOperations)operations,
            SubmitCredits = credits,
            FdSlots = descriptors,
            BufferSlots = buffers,
            IoBytesMax = ioBytes,
        }.Write(bytes);
        return bytes;
    }

    public static byte[] Submit(ulong task, int result = 0, uint credits = 2)
    {
        var bytes = new byte[RingsWire.SubmitResultSize];
        new RingsSubmitResult { Task = task, Result = result, Credits = credits }.Write(bytes);
        return bytes;
    }

    public static byte[] Refuse(int errno, uint credits = 0) => Submit(0, -errno, credits);

    public static byte[] Resource(uint resource, int result = 0, uint available = 1, uint reserved = 0)
    {
        var bytes = new byte[RingsWire.ResourceResultSize];
        new RingsResourceResult { Resource = resource, Result = result, Available = available, Reserved = reserved }.Write(bytes);
        return bytes;
    }

    public static byte[] End(ulong task, RingsKind kind, int result = 0, byte[]? payload = null)
    {
        var bytes = new byte[RingsWire.CompletionSize + (payload?.Length ?? 0)];
        new RingsCompletion { Header = RingsHeader.Current, Task = task, Result = result, Kind = kind, PayloadLength = (ushort)(payload?.Length ?? 0), Payload = payload }.Write(bytes);
        return bytes;
    }

    public static byte[] Trace(ulong oldest, ulong latest, uint count, uint reserved = 0, params RingsTraceEvent[] events)
    {
        var bytes = new byte[RingsWire.TraceHeadSize + (events.Length * RingsWire.TraceEventSize)];
        var at = new RingsTraceHead { OldestSequence = oldest, LatestSequence = latest, Count = count, Reserved = reserved }.Write(bytes);
        foreach (var entry in events)
            at += entry.Write(bytes.AsSpan(at));
        return bytes;
    }

    public async Task Send(params byte[][] parts)
    {
        var bytes = parts.SelectMany(p => p).ToArray();
        for (var at = 0; at < bytes.Length;)
            at += await Socket.SendAsync(bytes.AsMemory(at));
    }

    public async Task<byte[]> Receive(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var got = await Socket.ReceiveAsync(bytes.AsMemory(at));
            at += got > 0 ? got : throw new IOException("the client left");
        }

        return bytes;
    }

    /// <summary>Takes the client's handshake and answers it soundly.</summary>
    public async Task Open(uint entries = 4)
    {
        Assert.Equal("494F443101000C0001000C0000000000", Convert.ToHexString(await Receive(RingsWire.HandshakeRequestSize)));
        await Send(Handshake(entries: entries, credits: entries - 1));
    }

    /// <summary>Waits until the client has gone.</summary>
    public async Task UntilClosed()
    {
        var bytes = new byte[65536];
        while (await Socket.ReceiveAsync(bytes) > 0)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _running.WaitAsync(TimeSpan.FromSeconds(20));
        _directory.Dispose();
    }

    private async Task RunAsync(Func<FakeRingsServer, Task> script)
    {
        try
        {
            using var socket = await _listener.AcceptAsync();
            Socket = socket;
            await script(this);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The client left, as it should.
        }
    }
}
