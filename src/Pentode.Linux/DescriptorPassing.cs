using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>Hands a descriptor to the process at the other end of a Unix stream socket (SCM_RIGHTS). Results as in <see cref="SocketCalls"/>.</summary>
public static unsafe class DescriptorPassing
{
    private const int DontWaitNoSignal = 0x40 | 0x4000;
    private const int SolSocket = 1;
    private const int ScmRights = 1;

    // struct cmsghdr is 16 bytes; one descriptor behind it, rounded up to 8.
    private const int ControlBytes = 24;
    private const int ControlLength = 20;

    /// <summary>
    /// sendmsg(2) of <paramref name="data"/>, at least one byte, with the descriptor attached to its first byte. Never waits: -EAGAIN when
    /// the socket is full. The caller keeps its descriptor and may close it after return.
    /// </summary>
    public static int Send(int socket, ReadOnlySpan<byte> data, int descriptor)
    {
        if (data.IsEmpty)
            return -(int)Errno.EINVAL;
        var control = stackalloc byte[ControlBytes];
        var span = new Span<byte>(control, ControlBytes);
        span.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(span, ControlLength);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], SolSocket);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], ScmRights);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], descriptor);
        fixed (byte* p = data)
        {
            var part = new IoVector { Base = p, Length = (nuint)data.Length };
            MessageHeader header = default;
            header.Vectors = &part;
            header.VectorCount = 1;
            header.Control = control;
            header.ControlLength = ControlBytes;
            int result;
            do
            {
                var sent = (int)NativeSocket.SendMsg(socket, &header, DontWaitNoSignal);
                result = sent >= 0 ? sent : -Marshal.GetLastPInvokeError();
            }
            while (result == -(int)Errno.EINTR);
            return result;
        }
    }
}
