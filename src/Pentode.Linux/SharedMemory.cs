using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>Memory of several processes: memfd_create(2), its seals, mmap(2). Every call returns what the system call returns, or a negative errno.</summary>
public static unsafe partial class SharedMemory
{
    /// <summary>F_SEAL_SEAL.</summary>
    public const int SealSeal = 1;

    /// <summary>F_SEAL_SHRINK.</summary>
    public const int SealShrink = 2;

    /// <summary>F_SEAL_GROW.</summary>
    public const int SealGrow = 4;

    /// <summary>F_SEAL_WRITE.</summary>
    public const int SealWrite = 8;

    /// <summary>F_SEAL_FUTURE_WRITE.</summary>
    public const int SealFutureWrite = 16;

    private const int CloseOnExecAllowSealing = 3;
    private const int AddSealsCommand = 1033;
    private const int GetSealsCommand = 1034;
    private const int ProtRead = 1;
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;
    private const uint TmpfsMagic = 0x01021994;

    /// <summary>memfd_create(2), closed on exec, sealable, with its length set.</summary>
    public static int Create(string name, long length)
    {
        int memory;
        fixed (byte* p = Encoding.UTF8.GetBytes(name + '\0'))
            memory = Of(MemfdCreate(p, CloseOnExecAllowSealing));
        if (memory < 0)
            return memory;
        var result = FileCalls.Ftruncate(memory, length);
        if (result >= 0)
            return memory;
        _ = FileCalls.Close(memory);
        return result;
    }

    /// <summary>Adds seals.</summary>
    public static int AddSeals(int memory, int seals) => Of(Fcntl(memory, AddSealsCommand, seals));

    /// <summary>The seals of a descriptor; -EINVAL for what cannot have any.</summary>
    public static int GetSeals(int memory) => Of(Fcntl(memory, GetSealsCommand, 0));

    /// <summary>True for a file of tmpfs, whose pages cannot fail to be there as those of hugetlbfs or of a disk can.</summary>
    public static bool IsTmpfs(int memory)
    {
        // struct statfs begins with the type; 120 bytes on 64-bit Linux.
        var data = stackalloc byte[256];
        return Of(Fstatfs(memory, data)) >= 0 && BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(data, 8)) == TmpfsMagic;
    }

    /// <summary>Maps a shared file from its start; null on failure, with the reason.</summary>
    public static byte* Map(int memory, nuint length, bool isWritable, out Errno error)
    {
        var address = Mmap(0, length, isWritable ? ProtReadWrite : ProtRead, MapShared, memory, 0);
        error = address == -1 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return address == -1 ? null : (byte*)address;
    }

    /// <summary>Ends a mapping.</summary>
    public static void Unmap(byte* address, nuint length) => _ = Munmap((nint)address, length);

    /// <summary>True for an eventfd(2).</summary>
    public static bool IsEvent(int descriptor) => IsAnonymous(descriptor, "anon_inode:[eventfd]"u8);

    /// <summary>True for a descriptor of pidfd_open(2) and its like.</summary>
    public static bool IsPidFd(int descriptor) => IsAnonymous(descriptor, "anon_inode:[pidfd]"u8);

    /// <summary>
    /// How the process of a pidfd ended, as a status of wait(2), where the kernel tells (PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15);
    /// otherwise a negative errno.
    /// </summary>
    public static long ExitStatus(int pidfd)
    {
        // struct pidfd_info: mask u64 at 0, exit_code at 60, 64 bytes in its first version.
        const uint getInfo = 0xC040FF0B;
        const ulong exit = 8;
        Span<byte> info = stackalloc byte[64];
        info.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(info, exit);
        var result = FileCalls.Ioctl(pidfd, getInfo, info);
        if (result < 0)
            return result;
        return (BinaryPrimitives.ReadUInt64LittleEndian(info) & exit) == 0 ? -(long)Errno.ENODATA : BinaryPrimitives.ReadUInt32LittleEndian(info[60..]);
    }

    /// <summary>Type bits (S_IFMT) of an open file, without asking a remote or user-space file system; 0 when unknown.</summary>
    public static int TypeOf(int file)
    {
        const int emptyPathDontSync = 0x1000 | 0x4000;
        const uint typeOnly = 1;
        var data = stackalloc byte[256];
        byte empty = 0;
        return Of(NativeFile.Statx(file, &empty, emptyPathDontSync, typeOnly, data)) >= 0 ? *(ushort*)(data + 28) & 0xF000 : 0;
    }

    private static bool IsAnonymous(int descriptor, ReadOnlySpan<byte> name)
    {
        Span<byte> target = stackalloc byte[64];
        fixed (byte* path = Encoding.UTF8.GetBytes($"/proc/self/fd/{descriptor}\0"))
        fixed (byte* p = target)
        {
            var length = (int)ReadLink(path, p, (nuint)target.Length);
            return length > 0 && target[..length].SequenceEqual(name);
        }
    }

    private static int Of(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    private static partial int MemfdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int file, int command, long argument);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int Fstatfs(int file, byte* data);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    private static partial nint ReadLink(byte* path, byte* target, nuint length);
}
