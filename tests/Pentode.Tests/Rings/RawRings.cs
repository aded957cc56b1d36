using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Pentode.Linux;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>A client that sends any bytes at all. Every receive is bounded in time.</summary>
internal sealed class RawRings : IDisposable
{
    public RawRings(string path)
    {
        Socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20000, SendTimeout = 20000 };
        Socket.Connect(new UnixDomainSocketEndPoint(path));
    }

    public Socket Socket { get; }

    public static byte[] Handshake { get; } = Convert.FromHexString("494F443101000C0001000C0000000000");

    public static byte[] Prefix(RingsKind kind, RingsPriority priority = RingsPriority.Normal)
    {
        var bytes = new byte[16];
        new RingsPrefix(kind, priority).Write(bytes);
        return bytes;
    }

    /// <summary>A request of some numbers behind the prefix: uint, ulong, ushort, byte[].</summary>
    public static byte[] Request(RingsKind kind, params object[] parts) => Prioritised(kind, RingsPriority.Normal, parts);

    public static byte[] Prioritised(RingsKind kind, RingsPriority priority, params object[] parts)
    {
        var bytes = new List<byte>(Prefix(kind, priority));
        foreach (var part in parts)
        {
            bytes.AddRange(part switch
            {
                uint u => BitConverter.GetBytes(u),
                int i => BitConverter.GetBytes(i),
                ulong l => BitConverter.GetBytes(l),
                ushort s => BitConverter.GetBytes(s),
                string text => Encoding.UTF8.GetBytes(text),
                byte[] b => b,
                _ => throw new ArgumentException(part.GetType().Name),
            });
        }

        return [.. bytes];
    }

    public static byte[] OpenAt(string path, int flags, RingsPriority priority = RingsPriority.Normal) =>
        Prioritised(RingsKind.OpenAt, priority, flags, 0x1A4u, (uint)Encoding.UTF8.GetByteCount(path) + 1, path + "\0");

    public RawRings Send(params byte[][] messages)
    {
        var all = messages.SelectMany(m => m).ToArray();
        for (var at = 0; at < all.Length;)
            at += Socket.Send(all, at, all.Length - at, SocketFlags.None);
        return this;
    }

    public RawRings SendWith(int descriptor, byte[] data)
    {
        Assert.Equal(data.Length, DescriptorPassing.Send((int)Socket.Handle, data, descriptor));
        return this;
    }

    public byte[] Receive(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var got = Socket.Receive(bytes, at, count - at, SocketFlags.None);
            Assert.True(got > 0, $"the end after {at} of {count} bytes");
            at += got;
        }

        return bytes;
    }

    public byte[] Greet()
    {
        Send(Handshake);
        return Receive(52);
    }

    public (ulong Task, int Result, uint Credits) Submitted()
    {
        Assert.True(RingsSubmitResult.TryRead(Receive(16), out var result));
        return (result.Task, result.Result, result.Credits);
    }

    public (uint Resource, int Result, uint Available) Resource()
    {
        Assert.True(RingsResourceResult.TryRead(Receive(16), out var result));
        return (result.Resource, result.Result, result.Available);
    }

    public (ulong Task, int Result, RingsKind Kind, byte[] Payload) Completed()
    {
        var head = Receive(24);
        Assert.Equal("494F443101000C00", Convert.ToHexString(head, 0, 8));
        var payload = Receive(BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(22)));
        Assert.True(RingsCompletion.TryRead([.. head, .. payload], out var completion));
        return (completion.Task, completion.Result, completion.Kind, payload);
    }

    public RingsStats Stats()
    {
        Send(Prefix(RingsKind.GetStats));
        Assert.True(RingsStats.TryRead(Receive(56), out var stats));
        return stats;
    }

    public uint Register(int descriptor)
    {
        SendWith(descriptor, Prefix(RingsKind.RegisterFd));
        var (resource, result, _) = Resource();
        Assert.Equal(0, result);
        return resource;
    }

    /// <summary>Submits what is accepted and completes it.</summary>
    public (int Result, byte[] Payload) Do(byte[] request)
    {
        Send(request);
        var (task, refused, _) = Submitted();
        Assert.Equal(0, refused);
        var (completed, result, _, payload) = Completed();
        Assert.Equal(task, completed);
        return (result, payload);
    }

    /// <summary>The server closes in order: an end without an error, and no byte before it.</summary>
    public void AssertEnd()
    {
        var bytes = new byte[64];
        var got = Socket.Receive(bytes);
        Assert.True(got == 0, $"got {Convert.ToHexString(bytes, 0, got)} instead of the end");
    }

    public void Dispose() => Socket.Dispose();
}
