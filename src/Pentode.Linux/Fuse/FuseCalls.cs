using System.Runtime.InteropServices;
using System.Text;
using Pentode.Core;

namespace Pentode.Linux.Fuse;

/// <summary>What a FUSE server asks of the kernel: the device and the mount. Every call returns a count or 0, or a negative errno.</summary>
public static unsafe class FuseCalls
{
    /// <summary>MS_RDONLY of mount(2).</summary>
    public const uint ReadOnly = 1;

    /// <summary>MS_NOSUID of mount(2).</summary>
    public const uint NoSetUserId = 2;

    /// <summary>MS_NODEV of mount(2).</summary>
    public const uint NoDevices = 4;

    private const int OpenFlags = 2 | 0x800 | 0x80000;
    private const int Detach = 2;
    private const int GetStatusFlags = 3;
    private const int SetStatusFlags = 4;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const int NonBlock = 0x800;

    /// <summary>Opens /dev/fuse, non-blocking.</summary>
    public static int OpenDevice() => FileCalls.Open("/dev/fuse\0"u8, OpenFlags);

    /// <summary>mount(2).</summary>
    public static int Mount(string source, string target, string type, uint flags, string data)
    {
        fixed (byte* s = Terminated(source), t = Terminated(target), y = Terminated(type), d = Terminated(data))
            return Of(NativeFuse.Mount(s, t, y, flags, d));
    }

    /// <summary>umount2(2) with MNT_DETACH: the name goes at once, whoever still uses the mount keeps it until he is done.</summary>
    public static int Unmount(string target)
    {
        fixed (byte* t = Terminated(target))
            return Of(NativeFuse.Unmount(t, Detach));
    }

    /// <summary>Reads one request. -EAGAIN: there is none; -ENOENT: it was withdrawn meanwhile; -ENODEV: the mount is gone.</summary>
    public static int Read(int device, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
            return Of((int)NativeFuse.Read(device, p, (nuint)buffer.Length));
    }

    /// <summary>Writes one reply or notification, given in two parts. -ENOENT: nobody waits for it any more.</summary>
    public static int Write(int device, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        fixed (byte* h = head, b = body)
        {
            var parts = stackalloc IoVector[2];
            parts[0] = new IoVector { Base = h, Length = (nuint)head.Length };
            parts[1] = new IoVector { Base = b, Length = (nuint)body.Length };
            int result;
            do
                result = Of((int)NativeFuse.Writev(device, parts, body.IsEmpty ? 1 : 2));
            while (result == -(int)Errno.EINTR);
            return result;
        }
    }

    /// <summary>Makes a descriptor that another program opened non-blocking.</summary>
    public static int SetNonBlocking(int descriptor)
    {
        var flags = Of(NativeFuse.Fcntl(descriptor, GetStatusFlags, 0));
        return flags < 0 ? flags : Of(NativeFuse.Fcntl(descriptor, SetStatusFlags, flags | NonBlock));
    }

    /// <summary>A pair of stream sockets: the first closes on exec, the second is inherited by children.</summary>
    public static int SocketPair(out int mine, out int inherited)
    {
        var pair = stackalloc int[2];
        var result = Of(NativeFuse.SocketPair(1, 1, 0, pair));
        mine = pair[0];
        inherited = pair[1];
        return result < 0 ? result : Of(NativeFuse.Fcntl(mine, SetDescriptorFlags, CloseOnExec));
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static int Of(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
