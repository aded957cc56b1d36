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

    private const int HeaderBytes = 16;

    /// <summary>Descriptors one call can hand over.</summary>
    public const int MaxDescriptors = 16;

    /// <summary>
    /// sendmsg(2) of <paramref name="data"/>, at least one byte, with the descriptor attached to its first byte. Never waits: -EAGAIN when
    /// the socket is full. The caller keeps its descriptor and may close it after return.
    /// </summary>
    public static int Send(int socket, ReadOnlySpan<byte> data, int descriptor) => Send(socket, data, [descriptor]);

    /// <summary>The same with 1 to <see cref="MaxDescriptors"/> descriptors.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors)
    {
        if (data.IsEmpty || descriptors.Length is 0 or > MaxDescriptors)
            return -(int)Errno.EINVAL;

        // struct cmsghdr is 16 bytes, the descriptors behind it; the whole is rounded up to 8.
        var length = HeaderBytes + (descriptors.Length * 4);
        var room = (length + 7) & ~7;
        var control = stackalloc byte[HeaderBytes + (MaxDescriptors * 4)];
        var span = new Span<byte>(control, room);
        span.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(span, (ulong)length);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], SolSocket);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], ScmRights);
        for (var i = 0; i < descriptors.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(span[(HeaderBytes + (i * 4))..], descriptors[i]);
        fixed (byte* p = data)
        {
            var part = new IoVector { Base = p, Length = (nuint)data.Length };
            MessageHeader header = default;
            header.Vectors = &part;
            header.VectorCount = 1;
            header.Control = control;
            header.ControlLength = (nuint)room;
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
