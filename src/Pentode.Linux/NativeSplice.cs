using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>Imports behind <see cref="SpliceCalls"/>.</summary>
internal static unsafe partial class NativeSplice
{
    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe2(int* descriptors, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    internal static partial nint Splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int socket, byte* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint CacheStat(nint number, nint file, ulong* range, ulong* counts, nint flags);
}
