using System.Runtime.InteropServices;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>Non-blocking socket calls. Every call returns what the system call returns, or a negative errno (-EAGAIN when it would block); EINTR is retried.</summary>
public static unsafe class SocketCalls
{
    private const int DontWaitNoSignal = 0x40 | 0x4000;
    private const int NonBlockCloexec = 0x800 | 0x80000;

    /// <summary>accept4(2); the new socket is non-blocking and closes on exec.</summary>
    public static int Accept(int listener)
    {
        int result;
        do
        {
            result = Of(NativeSocket.Accept4(listener, null, null, NonBlockCloexec));
        }
        while (result == -(int)Errno.EINTR);
        return result;
    }

    /// <summary>connect(2); -EINPROGRESS means wait for writability and ask <see cref="PendingError"/>.</summary>
    public static int Connect(int socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* p = address)
            return Of(NativeSocket.Connect(socket, p, (uint)address.Length));
    }

    /// <summary>recv(2) with MSG_DONTWAIT.</summary>
    public static int Receive(int socket, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            int result;
            do
            {
                result = Of((int)NativeSocket.Recv(socket, p, (nuint)buffer.Length, 0x40));
            }
            while (result == -(int)Errno.EINTR);
            return result;
        }
    }

    /// <summary>sendmsg(2) with MSG_DONTWAIT and MSG_NOSIGNAL.</summary>
    public static int Send(int socket, ReadOnlySpan<IoVector> parts)
    {
        fixed (IoVector* p = parts)
        {
            MessageHeader header = default;
            header.Vectors = p;
            header.VectorCount = (nuint)parts.Length;
            int result;
            do
            {
                result = Of((int)NativeSocket.SendMsg(socket, &header, DontWaitNoSignal));
            }
            while (result == -(int)Errno.EINTR);
            return result;
        }
    }

    /// <summary>SO_ERROR as a negative errno, 0 when there is none.</summary>
    public static int PendingError(int socket)
    {
        int error;
        uint length = sizeof(int);
        var result = Of(NativeSocket.GetSockOpt(socket, 1, 4, &error, &length));
        return result < 0 ? result : -error;
    }

    private static int Of(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
