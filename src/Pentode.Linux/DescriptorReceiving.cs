using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Linux;

/// <summary>Takes bytes and descriptors from a Unix stream socket (SCM_RIGHTS). Results as in <see cref="SocketCalls"/>.</summary>
public static unsafe partial class DescriptorReceiving
{
    /// <summary>Descriptors one call can take; the kernel drops more of them and reports a violation.</summary>
    public const int Room = 4;

    private const int DontWaitCloseOnExec = 0x40 | 0x40000000;
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int ControlTruncated = 8;
    private const int HeaderBytes = 16;

    // No byte more: the kernel fills what there is with descriptors.
    private const int ControlBytes = HeaderBytes + (Room * 4);

    /// <summary>
    /// recvmsg(2) with MSG_DONTWAIT. <paramref name="descriptors"/>, with space for at least <see cref="Room"/>, takes what came along: the caller
    /// owns <paramref name="count"/> of them, closed on exec. <paramref name="isSound"/> is false when ancillary data were cut or of another kind.
    /// </summary>
    public static int Receive(int socket, byte* buffer, int length, Span<int> descriptors, out int count, out bool isSound)
    {
        count = 0;
        isSound = true;
        var control = stackalloc byte[ControlBytes];
        var part = new IoVector { Base = buffer, Length = (nuint)length };
        MessageHeader header;
        int result;
        do
        {
            header = default;
            header.Vectors = &part;
            header.VectorCount = 1;
            header.Control = control;
            header.ControlLength = ControlBytes;
            result = (int)RecvMsg(socket, &header, DontWaitCloseOnExec);
            if (result < 0)
                result = -Marshal.GetLastPInvokeError();
        }
        while (result == -(int)Errno.EINTR);
        if (result < 0)
            return result;
        isSound = (header.Flags & ControlTruncated) == 0;
        var data = new ReadOnlySpan<byte>(control, (int)header.ControlLength);
        while (data.Length >= HeaderBytes)
        {
            var size = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(data), (ulong)data.Length);
            if (size < HeaderBytes)
                break;
            if (BinaryPrimitives.ReadInt32LittleEndian(data[8..]) != SolSocket || BinaryPrimitives.ReadInt32LittleEndian(data[12..]) != ScmRights)
                isSound = false;
            else
                for (var at = HeaderBytes; at + 4 <= size && count < descriptors.Length; at += 4)
                    descriptors[count++] = BinaryPrimitives.ReadInt32LittleEndian(data[at..]);
            data = data[Math.Min((size + 7) & ~7, data.Length)..];
        }

        return result;
    }

    /// <summary>True for a descriptor opened with O_PATH, which no I/O can use, and for one that is not open.</summary>
    public static bool IsPathOnly(int descriptor) => TreeNative.Fcntl(descriptor, 3, 0) is var flags && (flags < 0 || (flags & 0x200000) != 0);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint RecvMsg(int socket, MessageHeader* message, int flags);
}
