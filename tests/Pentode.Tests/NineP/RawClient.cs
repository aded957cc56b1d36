using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>A blocking 9P client that sends and receives single frames.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _room = new byte[1 << 20];

    public RawClient(int descriptor)
    {
        // The pair is made non-blocking behind the back of Socket: only a change of the property reaches the kernel.
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = false };
        _socket.Blocking = true;
        _socket.ReceiveTimeout = 30_000;
        _socket.SendTimeout = 30_000;
    }

    public void Send(byte[] raw) => _socket.Send(raw);

    public static byte[] Frame<T>(ushort tag, T message)
        where T : IWireMessage<T>, allows ref struct
    {
        var frame = new byte[P9Limits.HeaderSize + message.Size];
        var w = new LittleEndianWriter(frame);
        w.U32((uint)frame.Length);
        w.U8((byte)T.Type);
        w.U16(tag);
        message.Write(ref w);
        return frame;
    }

    /// <summary>Next frame, or null when the server closed.</summary>
    public byte[]? Receive()
    {
        var head = new byte[4];
        if (!Fill(head))
            return null;
        var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
        head.CopyTo(frame, 0);
        return Fill(frame.AsSpan(4)) ? frame : null;
    }

    /// <summary>Type of the next frame; its bytes are dropped.</summary>
    public byte Skip()
    {
        var head = _room.AsSpan(0, P9Limits.HeaderSize);
        if (!Fill(head))
            throw new IOException("closed");
        var type = head[4];
        if (!Fill(_room.AsSpan(0, BinaryPrimitives.ReadInt32LittleEndian(head) - P9Limits.HeaderSize)))
            throw new IOException("closed");
        return type;
    }

    public (P9Type Type, byte[] Body) Call<T>(T message, ushort tag = 1)
        where T : IWireMessage<T>, allows ref struct
    {
        Send(Frame(tag, message));
        var frame = Receive() ?? throw new IOException("closed");
        return ((P9Type)frame[4], frame[7..]);
    }

    public Errno Error<T>(T message)
        where T : IWireMessage<T>, allows ref struct
    {
        var (type, body) = Call(message);
        return type == P9Type.Rlerror ? (Errno)BinaryPrimitives.ReadUInt32LittleEndian(body) : Errno.None;
    }

    public void Handshake(uint msize = 65536, string aname = "", uint uid = 0)
    {
        Call(new Tversion { Msize = msize, Version = "9P2000.L"u8 }, P9Limits.NoTag);
        Assert.Equal(Errno.None, Error(new Tattach { Fid = 0, Afid = P9Limits.NoFid, Aname = Encoding.UTF8.GetBytes(aname), NUname = uid }));
    }

    /// <summary>Walks a path of names from a fid.</summary>
    public Errno Walk(uint fid, uint newfid, params string[] names)
    {
        var raw = new List<byte>();
        foreach (var name in names)
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            raw.AddRange([(byte)bytes.Length, (byte)(bytes.Length >> 8), .. bytes]);
        }

        byte[] all = [.. raw];
        var (type, body) = Call(new Twalk { Fid = fid, Newfid = newfid, Count = (ushort)names.Length, Names = all });
        if (type == P9Type.Rlerror)
            return (Errno)BinaryPrimitives.ReadUInt32LittleEndian(body);
        return BinaryPrimitives.ReadUInt16LittleEndian(body) == names.Length ? Errno.None : Errno.ENOENT;
    }

    /// <summary>Makes a file in the directory fid 0 and leaves it open for reading and writing as a fid.</summary>
    public void Create(uint fid, string name, uint mode = 0x1B6)
    {
        Assert.Equal(Errno.None, Walk(0, fid));
        Assert.Equal(Errno.None, Error(new Tlcreate { Fid = fid, Name = Encoding.UTF8.GetBytes(name), Flags = 2, Mode = mode }));
    }

    /// <summary>Opens a file below fid 0 for reading and writing as a fid.</summary>
    public void Open(uint fid, params string[] names)
    {
        Assert.Equal(Errno.None, Walk(0, fid, names));
        Assert.Equal(Errno.None, Error(new Tlopen { Fid = fid, Flags = 2 }));
    }

    /// <summary>Status of a lock request: 0 taken, 1 not.</summary>
    public byte Lock(uint fid, byte kind, ulong start, ulong length, uint process, uint flags = 0)
    {
        var (type, body) = Call(new Tlock { Fid = fid, Kind = kind, Start = start, Length = length, ProcId = process, Flags = flags, ClientId = "c"u8 });
        Assert.Equal(P9Type.Rlock, type);
        return body[0];
    }

    /// <summary>Everything until the server closes; frames are not looked at.</summary>
    public long Drain()
    {
        var buffer = new byte[65536];
        var total = 0L;
        try
        {
            for (int n; (n = _socket.Receive(buffer)) > 0;)
                total += n;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }

        return total;
    }

    /// <summary>Sends what fits without waiting; the rest is given back. Nothing is sent when the server has gone.</summary>
    public int TrySend(ReadOnlySpan<byte> raw)
    {
        _socket.Blocking = false;
        try
        {
            return _socket.Send(raw);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            return 0;
        }
        catch (SocketException)
        {
            return -1;
        }
        finally
        {
            _socket.Blocking = true;
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
