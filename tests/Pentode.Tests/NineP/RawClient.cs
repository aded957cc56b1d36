using System.Buffers.Binary;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;

namespace Pentode.Tests.NineP;

/// <summary>A blocking 9P client that sends and receives single frames.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;

    public RawClient(int descriptor)
    {
        // The pair is made non-blocking behind the back of Socket: only a change of the property reaches the kernel.
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = false };
        _socket.Blocking = true;
        _socket.ReceiveTimeout = 5000;
        _socket.SendTimeout = 5000;
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

    public void Handshake(uint msize = 65536)
    {
        Call(new Tversion { Msize = msize, Version = "9P2000.L"u8 }, P9Limits.NoTag);
        Call(new Tattach { Fid = 0, Afid = P9Limits.NoFid, NUname = 0 });
    }

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
