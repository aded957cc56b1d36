using System.Buffers.Binary;
using System.Net.Sockets;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>A blocking RPC client that sends and receives single records.</summary>
internal sealed class NfsPeer : IDisposable
{
    public const uint Nfs = 100003, MountProgram = 100005, Portmap = 100000;

    private readonly Socket _socket;
    private uint _xid = 1;

    public NfsPeer(int descriptor)
    {
        // The pair is made non-blocking behind the back of Socket: only a change of the property reaches the kernel.
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = false };
        _socket.Blocking = true;
        SetTimeouts();
    }

    /// <summary>A client on a connected socket, which it owns.</summary>
    public NfsPeer(Socket socket)
    {
        _socket = socket;
        SetTimeouts();
    }

    private void SetTimeouts()
    {
        _socket.ReceiveTimeout = 30_000;
        _socket.SendTimeout = 30_000;
    }

    public byte[] Root { get; set; } = [];

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint[] Groups { get; set; } = [];

    /// <summary>Xid of the last call.</summary>
    public uint Xid => _xid - 1;

    /// <summary>A call without its record mark.</summary>
    public byte[] Message(uint program, uint version, uint procedure, Xdr? arguments = null, uint? xid = null)
    {
        var who = new Xdr().U32(0).Text("host").U32(Uid, Gid, (uint)Groups.Length).U32(Groups).Bytes;
        var call = new Xdr().U32(xid ?? _xid++, 0, 2, program, version, procedure, 1).Opaque(who).U32(0, 0);
        return (arguments is null ? call : call.Add(arguments)).Bytes;
    }

    public static byte[] Record(byte[] message) => [.. new Xdr().U32(0x80000000 | (uint)message.Length).Bytes, .. message];

    public void Send(byte[] raw) => _socket.Send(raw);

    public void SendRecord(byte[] message) => Send(Record(message));

    /// <summary>The next reply, or null when the server closed. Every reply is one fragment.</summary>
    public byte[]? Receive()
    {
        var head = new byte[4];
        if (!Fill(head))
            return null;
        var mark = BinaryPrimitives.ReadUInt32BigEndian(head);
        Assert.True((mark & 0x80000000) != 0, "a reply in several fragments");
        var record = new byte[mark & 0x7FFFFFFF];
        return Fill(record) ? record : null;
    }

    /// <summary>Results of a call that the RPC layer accepts.</summary>
    public XdrParser Call(uint program, uint version, uint procedure, Xdr? arguments = null, uint? xid = null)
    {
        SendRecord(Message(program, version, procedure, arguments, xid));
        var reply = new XdrParser(Receive() ?? throw new IOException("closed"));
        Assert.Equal(xid ?? Xid, reply.U32());
        Assert.Equal([1u, 0, 0, 0, 0], new[] { reply.U32(), reply.U32(), reply.U32(), reply.U32(), reply.U32() });
        return reply;
    }

    /// <summary>A call of NFSv3.</summary>
    public XdrParser V3(uint procedure, Xdr? arguments = null, uint? xid = null) => Call(Nfs, 3, procedure, arguments, xid);

    /// <summary>A call of NFSv2.</summary>
    public XdrParser V2(uint procedure, Xdr? arguments = null) => Call(Nfs, 2, procedure, arguments);

    /// <summary>accept_stat of a call.</summary>
    public uint AcceptStatus(byte[] message)
    {
        SendRecord(message);
        var reply = new XdrParser(Receive() ?? throw new IOException("closed"));
        reply.Fixed(20);
        return reply.U32();
    }

    public byte[] Mount(string path)
    {
        var reply = Call(MountProgram, 3, 1, new Xdr().Text(path));
        Assert.Equal(0u, reply.U32());
        return reply.Opaque();
    }

    /// <summary>Handle of a name; its status when it is not found.</summary>
    public (uint Status, byte[] Handle) Lookup(byte[] directory, string name)
    {
        var reply = V3(3, new Xdr().Opaque(directory).Text(name));
        var status = reply.U32();
        return (status, status == 0 ? reply.Opaque() : []);
    }

    public Attributes3 Stat(byte[] handle)
    {
        var reply = V3(1, new Xdr().Opaque(handle));
        Assert.Equal(0u, reply.U32());
        return reply.Attributes3();
    }

    /// <summary>Makes a file, which must not be there.</summary>
    public byte[] Create(byte[] directory, string name, uint mode = 0x1A4)
    {
        var reply = V3(8, new Xdr().Opaque(directory).Text(name).U32(1).Add(Xdr.Change3(mode)));
        Assert.Equal(0u, reply.U32());
        return reply.PostHandle()!;
    }

    public byte[] MakeDirectory(byte[] directory, string name, uint mode = 0x1ED)
    {
        var reply = V3(9, new Xdr().Opaque(directory).Text(name).Add(Xdr.Change3(mode)));
        Assert.Equal(0u, reply.U32());
        return reply.PostHandle()!;
    }

    public uint Write(byte[] handle, ulong offset, byte[] data, uint stable = 0) =>
        V3(7, new Xdr().Opaque(handle).U64(offset).U32((uint)data.Length, stable).Opaque(data)).U32();

    public (uint Status, byte[] Data, bool IsEnd) Read(byte[] handle, ulong offset, uint count)
    {
        var reply = V3(6, new Xdr().Opaque(handle).U64(offset).U32(count));
        var status = reply.U32();
        _ = reply.Post();
        if (status != 0)
            return (status, [], false);
        var (length, isEnd) = (reply.U32(), reply.U32() == 1);
        var data = reply.Opaque();
        Assert.Equal(length, (uint)data.Length);
        reply.End();
        return (0, data, isEnd);
    }

    public uint Remove(byte[] directory, string name) => V3(12, new Xdr().Opaque(directory).Text(name)).U32();

    public bool IsClosedByServer()
    {
        try
        {
            while (Receive() is not null)
            {
            }

            return true;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    private bool Fill(Span<byte> span)
    {
        while (span.Length > 0)
        {
            int n;
            try
            {
                n = _socket.Receive(span);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                return false;
            }

            if (n == 0)
                return false;
            span = span[n..];
        }

        return true;
    }
}
