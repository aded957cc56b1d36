using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>poll(2) of one descriptor.</summary>
public static unsafe partial class DescriptorPoll
{
    /// <summary>POLLIN.</summary>
    public const int Readable = 1;

    /// <summary>POLLPRI.</summary>
    public const int Priority = 2;

    /// <summary>POLLERR, told whether asked for or not.</summary>
    public const int Error = 8;

    /// <summary>POLLHUP, told whether asked for or not.</summary>
    public const int HangUp = 16;

    /// <summary>Waits until one of <paramref name="events"/> holds: the events that do, 0 when the time has passed, a negative errno.</summary>
    public static int Wait(int descriptor, int events, int milliseconds)
    {
        // struct pollfd: fd 4, events 2, revents 2.
        long entry = (uint)descriptor | ((long)events << 32);
        var result = NativePoll(&entry, 1, milliseconds);
        return result < 0 ? -Marshal.GetLastPInvokeError() : (int)(entry >> 48) & 0xFFFF;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int NativePoll(long* entries, nuint count, int timeout);
}
