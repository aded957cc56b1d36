using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Fuse;
using Pentode.Fuse.Wire;
using Pentode.Uring;

namespace Pentode.Tests.Fuse;

/// <summary>
/// Plays the kernel towards a session: one end of a pair of sockets that keep message bounds stands for /dev/fuse. Requests go out as bytes,
/// replies come back as bytes.
/// </summary>
internal sealed class FuseKernel : IAsyncDisposable
{
    private readonly Socket _kernel;
    private readonly string _path = Path.Combine(Path.GetTempPath(), "pentode-fuse-" + Guid.NewGuid().ToString("N"));
    private ulong _unique;

    internal FuseKernel(Volume volume, FuseOptions? options = null, string engine = "portable")
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_path));
        listener.Listen(1);
        _kernel = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        _kernel.Connect(new UnixDomainSocketEndPoint(_path));
        var device = listener.Accept();
        File.Delete(_path);
        device.Blocking = false;
        var descriptor = (int)device.SafeHandle.DangerousGetHandle();
        device.SafeHandle.SetHandleAsInvalid();
        Loop = LoopFactory.Create(engine, new LoopOptions { Name = "fuse-test" });
        Loop.Start();
        Volume = volume;
        Session = new FuseSession(Loop, descriptor, volume, options ?? new FuseOptions());
        Session.Start();
    }

    internal IoLoop Loop { get; }

    internal Volume Volume { get; }

    internal FuseSession Session { get; }

    /// <summary>A kernel that has shaken hands over a tree in memory.</summary>
    internal static FuseKernel Ready(FuseOptions? options = null, Volume? volume = null)
    {
        var kernel = new FuseKernel(volume ?? new Volume("t", new Pentode.Files.Memory.MemoryTree()), options);
        var reply = kernel.Ask(FuseOpcode.Init, 0, Init(7, 38));
        Assert.Equal(0, reply.Error);
        return kernel;
    }

    internal static byte[] Init(uint major, uint minor, uint flags = uint.MaxValue)
    {
        var body = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(body, major);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(4), minor);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), 128 << 10);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), flags);
        return body;
    }

    /// <summary>Numbers one after the other (uint 4 bytes, ulong 8, ushort 2), then texts each with NUL, then bytes as they are.</summary>
    internal static byte[] Body(params object[] parts)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var part in parts)
        {
            switch (part)
            {
                case uint n: writer.Write(n); break;
                case ulong n: writer.Write(n); break;
                case ushort n: writer.Write(n); break;
                case string s: writer.Write(Encoding.UTF8.GetBytes(s + "\0")); break;
                case byte[] b: writer.Write(b); break;
                default: throw new ArgumentException(part.GetType().Name);
            }
        }

        return stream.ToArray();
    }

    internal ulong Send(FuseOpcode opcode, ulong node, params byte[][] body)
    {
        var unique = _unique += 2;
        SendRaw(Request(opcode, unique, node, [.. body.SelectMany(b => b)]));
        return unique;
    }

    internal static byte[] Request(FuseOpcode opcode, ulong unique, ulong node, byte[] body) =>
        Body((uint)(FuseInHeader.Size + body.Length), (uint)opcode, unique, node, 0u, 0u, 0u, (ushort)0, (ushort)0, body);

    internal void SendRaw(byte[] bytes) => _kernel.Send(bytes);

    /// <summary>Nodes whose attributes the session said not to believe any more.</summary>
    internal List<ulong> Doubted { get; } = [];

    /// <summary>The next answer of the session: unique, error and what follows.</summary>
    internal (ulong Unique, int Error, byte[] Body) Receive()
    {
        var buffer = new byte[2 << 20];
        var length = _kernel.Receive(buffer);
        Assert.True(length >= FuseOutHeader.Size, $"a message of {length} bytes");
        Assert.Equal((uint)length, BinaryPrimitives.ReadUInt32LittleEndian(buffer));
        if (BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(8)) == 0 && BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(4)) == FuseLimits.NotifyInvalidateInode)
        {
            Assert.Equal(FuseOutHeader.Size + FuseNotifyInvalidateInodeOut.Size, length);
            Assert.Equal(-1, BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(FuseOutHeader.Size + 8)));
            Doubted.Add(BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(FuseOutHeader.Size)));
            return Receive();
        }

        return (BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(8)), BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(4)), buffer[FuseOutHeader.Size..length]);
    }

    internal (int Error, byte[] Body) Ask(FuseOpcode opcode, ulong node, params byte[][] body)
    {
        var unique = Send(opcode, node, body);
        var reply = Receive();
        Assert.Equal(unique, reply.Unique);
        return (reply.Error, reply.Body);
    }

    /// <summary>Fails unless the request succeeds.</summary>
    internal byte[] Ok(FuseOpcode opcode, ulong node, params byte[][] body)
    {
        var (error, reply) = Ask(opcode, node, body);
        Assert.Equal(0, error);
        return reply;
    }

    /// <summary>Makes and opens a file in the root.</summary>
    internal (ulong Node, ulong Handle) Create(string name)
    {
        var reply = Ok(FuseOpcode.Create, 1, Body(2u, 0x81A4u, 0u, 0u, name));
        Assert.Equal(FuseEntryOut.Size + FuseOpenOut.Size, reply.Length);
        return (BinaryPrimitives.ReadUInt64LittleEndian(reply), BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(FuseEntryOut.Size)));
    }

    /// <summary>Waits until the session has done all that was sent: requests without a reply come before this one.</summary>
    internal void Settle() => Assert.Equal(-(int)Errno.ENOSYS, Ask(FuseOpcode.Bmap, 1, new byte[16]).Error);

    internal void Close() => _kernel.Dispose();

    public async ValueTask DisposeAsync()
    {
        await Session.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
        _kernel.Dispose();
        await Volume.DisposeAsync();
        await Loop.StopAsync();
    }
}
