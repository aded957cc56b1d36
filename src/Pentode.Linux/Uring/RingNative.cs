using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>The raw calls of io_uring. Results are what the kernel returns: a value or a negative errno.</summary>
public static unsafe partial class RingNative
{
    private const long NumberSetup = 425;
    private const long NumberEnter = 426;
    private const long NumberRegister = 427;
    private const int ProtReadWrite = 3;
    private const int MapSharedPopulate = 0x8001;
    private const int EventfdCloseOnExec = 0x80000;
    private const int EventfdSemaphore = 1;

    /// <summary>io_uring_setup(2).</summary>
    public static int Setup(uint entries, RingParameters* parameters)
    {
        var result = Syscall3(NumberSetup, entries, (nint)parameters);
        return result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
    }

    /// <summary>io_uring_enter(2).</summary>
    public static int Enter(int ring, uint toSubmit, uint minComplete, uint flags, EnterArgument* argument)
    {
        var result = Syscall7(NumberEnter, ring, toSubmit, minComplete, flags, (nint)argument, argument == null ? 0 : sizeof(EnterArgument));
        return result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
    }

    /// <summary>io_uring_register(2).</summary>
    public static int Register(int ring, uint operation, void* argument, uint count)
    {
        var result = Syscall5(NumberRegister, ring, operation, (nint)argument, count);
        return result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
    }

    /// <summary>Maps a part of a ring; null on failure.</summary>
    public static byte* Map(int ring, nuint size, long offset)
    {
        var address = Mmap(0, size, ProtReadWrite, MapSharedPopulate, ring, offset);
        return address == -1 ? null : (byte*)address;
    }

    /// <summary>Unmaps what <see cref="Map"/> mapped.</summary>
    public static void Unmap(byte* address, nuint size) => _ = Munmap((nint)address, size);

    /// <summary>A blocking, close-on-exec eventfd(2) or a negative errno. Of a semaphore each read takes one.</summary>
    public static int CreateEvent(bool isSemaphore = false)
    {
        var result = Eventfd(0, EventfdCloseOnExec | (isSemaphore ? EventfdSemaphore : 0));
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>Adds one to an eventfd.</summary>
    public static void SignalEvent(int descriptor)
    {
        ulong one = 1;
        _ = WriteNative(descriptor, &one, 8);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall3(long number, uint entries, nint parameters);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall5(long number, long ring, long operation, nint argument, long count);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall7(long number, long ring, long toSubmit, long minComplete, long flags, nint argument, long size);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int Eventfd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteNative(int descriptor, void* data, nuint length);
}
