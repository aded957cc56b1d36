using System.Runtime.InteropServices;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>
/// UDP sockets that answer from the address they were asked at: IP_PKTINFO and IPV6_RECVPKTINFO. Every call returns what the system call returns,
/// or a negative errno (-EAGAIN when it would block); EINTR is retried.
/// </summary>
public static unsafe class DatagramCalls
{
    private const int Inet = 2;
    private const int Inet6 = 10;
    private const int DatagramNonBlockCloexec = 2 | 0x800 | 0x80000;
    private const int DontWait = 0x40;
    private const int IpLevel = 0, PacketInfo = 8;
    private const int Ip6Level = 41, ReceivePacketInfo6 = 49, PacketInfo6 = 50;

    /// <summary>A bound UDP socket; host and port as for <see cref="Sockets.ListenTcp"/>.</summary>
    public static Result<int> Bind(string host, int port)
    {
        var address = Sockets.TcpAddress(host, port);
        if (address.Length == 0)
            return Errno.EINVAL;
        var isSix = address.Length != 16;
        var socket = NativeSocket.Socket(isSix ? Inet6 : Inet, DatagramNonBlockCloexec, 0);
        if (socket < 0)
            return (Errno)Marshal.GetLastPInvokeError();
        var on = 1;
        if (isSix)
            _ = NativeSocket.SetSockOpt(socket, Ip6Level, ReceivePacketInfo6, &on, sizeof(int));
        else
            _ = NativeSocket.SetSockOpt(socket, IpLevel, PacketInfo, &on, sizeof(int));
        fixed (byte* p = address)
        {
            if (NativeSocket.Bind(socket, p, (uint)address.Length) == 0)
                return socket;
        }

        var error = (Errno)Marshal.GetLastPInvokeError();
        _ = FileCalls.Close(socket);
        return error;
    }

    /// <summary>recvmsg(2): one datagram, and in <paramref name="origin"/> who sent it where to. One cut off because it is longer than the buffer is -EMSGSIZE.</summary>
    public static int Receive(int socket, Span<byte> buffer, ref DatagramOrigin origin)
    {
        const int truncated = 0x20;
        fixed (byte* data = buffer)
        fixed (byte* name = origin.Name)
        fixed (byte* control = origin.Control)
        {
            var vector = new IoVector { Base = data, Length = (nuint)buffer.Length };
            MessageHeader header = default;
            int result;
            do
            {
                header.Name = name;
                header.NameLength = DatagramOrigin.NameSize;
                header.Vectors = &vector;
                header.VectorCount = 1;
                header.Control = control;
                header.ControlLength = DatagramOrigin.ControlSize;
                result = Of((int)NativeSocket.RecvMsg(socket, &header, DontWait));
            }
            while (result == -(int)Errno.EINTR);
            origin.NameLength = (int)header.NameLength;
            origin.ControlLength = (int)header.ControlLength;
            return result >= 0 && (header.Flags & truncated) != 0 ? -(int)Errno.EMSGSIZE : result;
        }
    }

    /// <summary>sendmsg(2): one datagram to where <paramref name="origin"/> came from, from the address it was sent to.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> datagram, in DatagramOrigin origin)
    {
        fixed (byte* data = datagram)
        fixed (byte* name = origin.Name)
        fixed (byte* control = origin.Control)
        {
            // The interface stays open: an answer may leave by another one than the question came by.
            if (origin.ControlLength >= 28)
            {
                var level = *(int*)(control + 8);
                var type = *(int*)(control + 12);
                if (level == IpLevel && type == PacketInfo)
                    *(int*)(control + 16) = 0;
                else if (level != Ip6Level || type != PacketInfo6)
                    return -(int)Errno.EINVAL;
            }

            var vector = new IoVector { Base = data, Length = (nuint)datagram.Length };
            MessageHeader header = default;
            header.Name = name;
            header.NameLength = (uint)origin.NameLength;
            header.Vectors = &vector;
            header.VectorCount = 1;
            header.Control = origin.ControlLength > 0 ? control : null;
            header.ControlLength = (nuint)origin.ControlLength;
            int result;
            do
            {
                result = Of((int)NativeSocket.SendMsg(socket, &header, DontWait));
            }
            while (result == -(int)Errno.EINTR);
            return result;
        }
    }

    private static int Of(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
