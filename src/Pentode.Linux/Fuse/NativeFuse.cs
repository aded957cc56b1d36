using System.Runtime.InteropServices;

namespace Pentode.Linux.Fuse;

/// <summary>Imports of the C library for FUSE. Blittable only.</summary>
internal static unsafe partial class NativeFuse
{
    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "mount", SetLastError = true)]
    internal static partial int Mount(byte* source, byte* target, byte* type, nuint flags, byte* data);

    [LibraryImport(C, EntryPoint = "umount2", SetLastError = true)]
    internal static partial int Unmount(byte* target, int flags);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport(C, EntryPoint = "writev", SetLastError = true)]
    internal static partial nint Writev(int fd, IoVector* parts, int count);

    [LibraryImport(C, EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int fd, int command, long argument);
}
