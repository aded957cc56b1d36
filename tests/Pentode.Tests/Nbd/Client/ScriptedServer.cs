using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Pentode.Nbd.Client;
using Pentode.Nbd.Wire;

namespace Pentode.Tests.Nbd.Client;

/// <summary>A server that says what a script tells it to, true or not. One connection, then the script ends and the socket closes.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const ulong Size = 1 << 20;
    public const ushort AllFlags = 0x0ded;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _running;
    private Stream _stream = Stream.Null;

    public ScriptedServer(Func<ScriptedServer, Task> script)
    {
        _listener.Start();
        _running = RunAsync(script);
    }

    public NbdUri Uri => NbdUri.Tcp("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, "x");

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Cat(params byte[][] parts) => parts.SelectMany(p => p).ToArray();

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public async Task Send(params byte[][] parts) => await _stream.WriteAsync(Cat(parts));

    public async Task<byte[]> Receive(int count)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    /// <summary>Waits until the client has gone.</summary>
    public async Task UntilClosed()
    {
        var bytes = new byte[65536];
        while (await _stream.ReadAsync(bytes) > 0)
        {
        }
    }

    public async Task Greet(int flags = 3)
    {
        await Send(U64(NbdWire.InitPasswd), U64(NbdWire.IHaveOpt), U16(flags));
        await Receive(4);
    }

    public async Task<(NbdOption Option, byte[] Data)> Option()
    {
        var head = await Receive(16);
        Assert.Equal(NbdWire.IHaveOpt, BinaryPrimitives.ReadUInt64BigEndian(head));
        var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(12));
        return ((NbdOption)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8)), await Receive(length));
    }

    public Task Reply(NbdOption option, NbdOptionReply type, params byte[][] data)
    {
        var all = Cat(data);
        return Send(U64(NbdWire.OptionReplyMagic), U32((uint)option), U32((uint)type), U32((uint)all.Length), all);
    }

    /// <summary>A proper handshake up to transmission.</summary>
    public async Task Open(bool structured = true, ulong size = Size, ushort flags = AllFlags)
    {
        await Greet();
        while (true)
        {
            var (option, _) = await Option();
            switch (option)
            {
                case NbdOption.NBD_OPT_STRUCTURED_REPLY when structured:
                    await Reply(option, NbdOptionReply.NBD_REP_ACK);
                    break;
                case NbdOption.NBD_OPT_SET_META_CONTEXT:
                    await Reply(option, NbdOptionReply.NBD_REP_META_CONTEXT, U32(7), Text("base:allocation"));
                    await Reply(option, NbdOptionReply.NBD_REP_ACK);
                    break;
                case NbdOption.NBD_OPT_GO:
                    await Reply(option, NbdOptionReply.NBD_REP_INFO, U16(0), U64(size), U16(flags));
                    await Reply(option, NbdOptionReply.NBD_REP_ACK);
                    return;
                default:
                    await Reply(option, NbdOptionReply.NBD_REP_ERR_UNSUP);
                    break;
            }
        }
    }

    public async Task<(NbdCommand Type, NbdCommandFlags Flags, ulong Cookie, ulong Offset, uint Length)> Request()
    {
        var head = await Receive(NbdWire.RequestSize);
        Assert.True(NbdRequestHeader.TryRead(head, out var header));
        return (header.Type, header.Flags, header.Cookie, header.Offset, header.Length);
    }

    public Task Simple(ulong cookie, uint error = 0) => Send(U32(NbdWire.SimpleReplyMagic), U32(error), U64(cookie));

    public Task Chunk(ulong cookie, int type, bool isDone, params byte[][] payload)
    {
        var all = Cat(payload);
        return Send(U32(NbdWire.ChunkMagic), U16(isDone ? 1 : 0), U16(type), U64(cookie), U32((uint)all.Length), all);
    }

    private async Task RunAsync(Func<ScriptedServer, Task> script)
    {
        try
        {
            using var socket = await _listener.AcceptSocketAsync();
            using var stream = new NetworkStream(socket);
            _stream = stream;
            await script(this);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The client left, as it should.
        }
    }
}
