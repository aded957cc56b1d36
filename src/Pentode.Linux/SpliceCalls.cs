using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>
/// Moving pages from a file to a socket without copying them: splice(2) through a pipe. Every call is non-blocking towards the socket.
/// Results are a count or a negative errno.
/// </summary>
public static unsafe class SpliceCalls
{
    private const int NonBlockCloseOnExec = 0x80800;
    private const int SetPipeSize = 1031;
    private const uint SpliceMove = 1;
    private const uint SpliceNonBlock = 2;
    private const uint SpliceMore = 4;
    private const int MsgDontWait = 0x40;
    private const int MsgNoSignal = 0x4000;
    private const int MsgMore = 0x8000;
    private const nint NumberCacheStat = 451;
    private const int PageShift = 12;
    private const int Interrupted = 4;

    // cachestat(2) came with Linux 6.5, the release whose splice to a socket can be told not to block.
    private static readonly bool s_isSupported = Probe();

    /// <summary>True when this kernel can do all that is needed here (Linux 6.5 or newer).</summary>
    public static bool IsSupported => s_isSupported;

    /// <summary>A non-blocking pipe for pages, as large as allowed up to <paramref name="size"/> bytes; 0 or a negative errno.</summary>
    public static int OpenPipe(int size, out int readEnd, out int writeEnd)
    {
        var both = stackalloc int[2];
        var result = NativeSplice.Pipe2(both, NonBlockCloseOnExec);
        readEnd = both[0];
        writeEnd = both[1];
        if (result < 0)
            return -Marshal.GetLastPInvokeError();
        // A refusal (pipe-user-pages-soft) leaves the usual 64 KiB, which works as well, only slower.
        _ = NativeSplice.Fcntl(writeEnd, SetPipeSize, size);
        return 0;
    }

    /// <summary>Puts pages of a file into a pipe; 0 at the end of the file, -EAGAIN when the pipe is full.</summary>
    public static int FromFile(int file, long offset, int pipe, int length)
    {
        nint result;
        do
            result = NativeSplice.Splice(file, &offset, pipe, null, (nuint)length, SpliceMove | SpliceNonBlock);
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
    }

    /// <summary>Moves pages from a pipe to a socket; -EAGAIN when the socket takes no more now.</summary>
    public static int ToSocket(int pipe, int socket, int length, bool hasMore)
    {
        nint result;
        do
            result = NativeSplice.Splice(pipe, null, socket, null, (nuint)length, SpliceMove | SpliceNonBlock | (hasMore ? SpliceMore : 0));
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
    }

    /// <summary>Sends what the socket takes now (short counts are possible), announcing more to come if so; -EAGAIN when it takes nothing.</summary>
    public static int SendNow(int socket, ReadOnlySpan<byte> data, bool hasMore)
    {
        fixed (byte* p = data)
        {
            nint result;
            do
                result = NativeSplice.Send(socket, p, (nuint)data.Length, MsgDontWait | MsgNoSignal | (hasMore ? MsgMore : 0));
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
        }
    }

    /// <summary>True when every page of the range is in the page cache now; false also when the kernel does not tell.</summary>
    public static bool IsCached(int file, long offset, long length)
    {
        if (!s_isSupported || length <= 0)
            return false;
        var range = stackalloc ulong[2];
        var counts = stackalloc ulong[5];
        range[0] = (ulong)offset;
        range[1] = (ulong)length;
        if (NativeSplice.CacheStat(NumberCacheStat, file, range, counts, 0) != 0)
            return false;
        var pages = (ulong)(((offset + length - 1) >> PageShift) - (offset >> PageShift) + 1);
        return counts[0] >= pages;
    }

    private static bool Probe()
    {
        // A descriptor that cannot exist: EBADF from a kernel that has the call, ENOSYS (or a sandbox's EPERM) otherwise.
        const int BadDescriptor = 9;
        var range = stackalloc ulong[2];
        var counts = stackalloc ulong[5];
        return NativeSplice.CacheStat(NumberCacheStat, -1, range, counts, 0) < 0 && Marshal.GetLastPInvokeError() == BadDescriptor;
    }
}
