using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>Imports of the C library for trees of files. Blittable only.</summary>
internal static unsafe partial class TreeNative
{
    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Syscall(long number, long a, long b, long c, long d, long e);

    [LibraryImport(C, EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int fd, int command, long argument);

    [LibraryImport(C, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Ftruncate(int fd, long length);

    [LibraryImport(C, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(int fd);

    [LibraryImport(C, EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int Fdatasync(int fd);

    [LibraryImport(C, EntryPoint = "pread", SetLastError = true)]
    internal static partial nint Pread(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(C, EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint Pwrite(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(C, EntryPoint = "preadv2", SetLastError = true)]
    internal static partial nint Preadv2(int fd, nint* vector, int count, long offset, int flags);

    [LibraryImport(C, EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Lseek(int fd, long offset, int whence);

    [LibraryImport(C, EntryPoint = "fchownat", SetLastError = true)]
    internal static partial int Fchownat(int fd, byte* path, uint uid, uint gid, int flags);

    [LibraryImport(C, EntryPoint = "chmod", SetLastError = true)]
    internal static partial int Chmod(byte* path, uint mode);

    [LibraryImport(C, EntryPoint = "mkdirat", SetLastError = true)]
    internal static partial int Mkdirat(int fd, byte* path, uint mode);

    [LibraryImport(C, EntryPoint = "symlinkat", SetLastError = true)]
    internal static partial int Symlinkat(byte* target, int fd, byte* path);

    [LibraryImport(C, EntryPoint = "linkat", SetLastError = true)]
    internal static partial int Linkat(int oldFd, byte* oldPath, int newFd, byte* newPath, int flags);

    [LibraryImport(C, EntryPoint = "renameat", SetLastError = true)]
    internal static partial int Renameat(int oldFd, byte* oldPath, int newFd, byte* newPath);

    [LibraryImport(C, EntryPoint = "unlinkat", SetLastError = true)]
    internal static partial int Unlinkat(int fd, byte* path, int flags);

    [LibraryImport(C, EntryPoint = "readlinkat", SetLastError = true)]
    internal static partial nint Readlinkat(int fd, byte* path, byte* buffer, nuint size);

    [LibraryImport(C, EntryPoint = "getxattr", SetLastError = true)]
    internal static partial nint Getxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport(C, EntryPoint = "listxattr", SetLastError = true)]
    internal static partial nint Listxattr(byte* path, byte* list, nuint size);

    [LibraryImport(C, EntryPoint = "setxattr", SetLastError = true)]
    internal static partial int Setxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(C, EntryPoint = "removexattr", SetLastError = true)]
    internal static partial int Removexattr(byte* path, byte* name);

    [LibraryImport(C, EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int Fstatfs(int fd, StatfsData* data);

    [LibraryImport(C, EntryPoint = "geteuid")]
    internal static partial uint Geteuid();

    [LibraryImport(C, EntryPoint = "getegid")]
    internal static partial uint Getegid();

    [LibraryImport(C, EntryPoint = "getgroups", SetLastError = true)]
    internal static partial int Getgroups(int size, uint* list);

    [LibraryImport(C, EntryPoint = "umask")]
    internal static partial uint Umask(uint mask);

    [LibraryImport(C, EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int Getrlimit(int resource, ulong* limits);

    [LibraryImport(C, EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int Setrlimit(int resource, ulong* limits);
}
