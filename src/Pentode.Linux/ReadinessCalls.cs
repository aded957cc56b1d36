using System.Runtime.InteropServices;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>epoll(7) and eventfd(2). Every call returns what the system call returns, or a negative errno.</summary>
public static unsafe class ReadinessCalls
{
    private const int EventBytes = 12;
    private const int Cloexec = 0x80000;

    /// <summary>True where struct epoll_event is packed (x86-64 only).</summary>
    private static readonly bool s_isPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Bytes of one event as <see cref="Wait"/> stores it.</summary>
    public static int EventSize => s_isPacked ? EventBytes : 16;

    /// <summary>epoll_create1(2).</summary>
    public static int CreateEpoll() => Of(NativeSocket.EpollCreate(Cloexec));

    /// <summary>eventfd(2), non-blocking.</summary>
    public static int CreateEvent() => Of(NativeSocket.EventDescriptor(0, Cloexec | 0x800));

    /// <summary>epoll_ctl(2): <paramref name="operation"/> 1 adds, 2 removes, 3 changes; the cookie comes back with each event.</summary>
    public static int Control(int epoll, int operation, int descriptor, uint events, ulong cookie)
    {
        var value = stackalloc byte[16];
        *(uint*)value = events;
        *(ulong*)(value + EventSize - 8) = cookie;
        return Of(NativeSocket.EpollControl(epoll, operation, descriptor, value));
    }

    /// <summary>epoll_wait(2) into memory for <c>buffer.Length / EventSize</c> events; 0 when interrupted.</summary>
    public static int Wait(int epoll, Span<byte> buffer, int timeoutMs)
    {
        fixed (byte* p = buffer)
        {
            var result = Of(NativeSocket.EpollWait(epoll, p, buffer.Length / EventSize, timeoutMs));
            return result == -(int)Errno.EINTR ? 0 : result;
        }
    }

    /// <summary>Event <paramref name="index"/> of what <see cref="Wait"/> stored.</summary>
    public static (uint Events, ulong Cookie) EventAt(ReadOnlySpan<byte> buffer, int index)
    {
        var item = buffer.Slice(index * EventSize, EventSize);
        return (MemoryMarshal.Read<uint>(item), MemoryMarshal.Read<ulong>(item[(EventSize - 8)..]));
    }

    private static int Of(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
