using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>
/// System calls on directory trees. Every method returns a value from 0 up, or a negated errno; names are bytes without NUL.
/// A method that takes a descriptor and no name acts on that very object, O_PATH descriptors included.
/// </summary>
public static unsafe class TreeCalls
{
    /// <summary>O_* of this architecture.</summary>
    public const int Truncate = 0x200, Append = 0x400, NonBlock = 0x800, DataSync = 0x1000, NoAccessTime = 0x40000, CloseOnExec = 0x80000, PathOnly = 0x200000;

    /// <summary>O_CREAT, O_EXCL, O_NOCTTY.</summary>
    public const int Create = 0x40, Exclusive = 0x80, NoTerminal = 0x100;

    /// <summary>RESOLVE_*.</summary>
    public const ulong ResolveNoCrossing = 1, ResolveNoMagicLinks = 2, ResolveNoSymbolicLinks = 4, ResolveBeneath = 8;

    private const int EmptyPath = 0x1000, NoFollowAt = 0x100, FollowAt = 0x400, RemoveDirectoryAt = 0x200, CurrentDirectory = -100;
    private const int MaximumValue = 65536;
    private const int ProcPrefix = 14;

    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>O_DIRECTORY, which differs between architectures.</summary>
    public static int DirectoryFlag { get; } = s_arm ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW, which differs between architectures.</summary>
    public static int NoFollowFlag { get; } = s_arm ? 0x8000 : 0x20000;

    /// <summary>/proc/self/fd: looking a number up in it is half the price of the whole path.</summary>
    private static readonly int s_descriptors = OpenPath("/proc/self/fd", PathOnly | DirectoryFlag | CloseOnExec);

    /// <summary>O_SYNC (with O_DSYNC).</summary>
    public const int FullSync = 0x101000;

    /// <summary>openat2(2).</summary>
    public static int OpenAt(int directory, ReadOnlySpan<byte> name, int flags, uint mode, ulong resolve)
    {
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        var how = new OpenHow { Flags = (uint)flags, Mode = mode, Resolve = resolve };
        return (int)Check(TreeNative.Syscall(437, directory, (long)path, (long)&how, sizeof(OpenHow), 0));
    }

    /// <summary>open(2) of a path given by the administrator.</summary>
    public static int OpenPath(string path, int flags)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* p = bytes)
            return (int)Check(TreeNative.Open(p, flags, 0));
    }

    /// <summary>Opens the object behind a descriptor anew; permission is checked again.</summary>
    public static int Reopen(int fd, int flags)
    {
        var path = stackalloc byte[32];
        ProcPath(fd, path);
        return s_descriptors < 0
            ? (int)Check(TreeNative.Open(path, flags, 0))
            : (int)Check(TreeNative.Syscall(s_arm ? 56 : 257, s_descriptors, (long)(path + ProcPrefix), flags, 0, 0));
    }

    /// <summary>F_DUPFD_CLOEXEC.</summary>
    public static int Duplicate(int fd) => (int)Check(TreeNative.Fcntl(fd, 1030, 0));

    /// <summary>F_SETFL.</summary>
    public static int SetStatusFlags(int fd, int flags) => (int)Check(TreeNative.Fcntl(fd, 4, flags));

    /// <summary>statx(2) of the object itself.</summary>
    public static int Stat(int fd, out StatxData data) => Stat(fd, default, out data);

    /// <summary>statx(2) of a child, links not followed.</summary>
    public static int Stat(int fd, ReadOnlySpan<byte> name, out StatxData data)
    {
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        fixed (StatxData* p = &data)
            return (int)Check(TreeNative.Syscall(s_arm ? 291 : 332, fd, (long)path, EmptyPath | NoFollowAt | 0x800, 0xFFF, (long)p));
    }

    /// <summary>fstatfs(2).</summary>
    public static int StatFileSystem(int fd, out StatfsData data)
    {
        fixed (StatfsData* p = &data)
            return (int)Check(TreeNative.Fstatfs(fd, p));
    }

    /// <summary>close(2).</summary>
    public static int Close(int fd) => (int)Check(TreeNative.Close(fd));

    /// <summary>ftruncate(2).</summary>
    public static int SetLength(int fd, long length) => (int)Check(TreeNative.Ftruncate(fd, length));

    /// <summary>fsync(2) or fdatasync(2).</summary>
    public static int Sync(int fd, bool dataOnly) => (int)Check(dataOnly ? TreeNative.Fdatasync(fd) : TreeNative.Fsync(fd));

    /// <summary>pread(2).</summary>
    public static int Read(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
            return (int)Check(TreeNative.Pread(fd, p, (nuint)buffer.Length, offset));
    }

    /// <summary>preadv2(2) with RWF_NOWAIT: what the page cache has, else EAGAIN.</summary>
    public static int ReadCached(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
        {
            var vector = stackalloc nint[2] { (nint)p, buffer.Length };
            return (int)Check(TreeNative.Preadv2(fd, vector, 1, offset, 8));
        }
    }

    /// <summary>pwrite(2).</summary>
    public static int Write(int fd, ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
            return (int)Check(TreeNative.Pwrite(fd, p, (nuint)buffer.Length, offset));
    }

    /// <summary>lseek(2) from the start.</summary>
    public static int Seek(int fd, long offset) => (int)Math.Min(Check(TreeNative.Lseek(fd, offset, 0)), 0);

    /// <summary>getdents64(2).</summary>
    public static int ReadEntries(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
            return (int)Check(TreeNative.Syscall(s_arm ? 61 : 217, fd, (long)p, buffer.Length, 0, 0));
    }

    /// <summary>Owner and group; 0xFFFFFFFF keeps.</summary>
    public static int SetOwner(int fd, uint uid, uint gid)
    {
        byte empty = 0;
        return (int)Check(TreeNative.Fchownat(fd, &empty, uid, gid, EmptyPath | NoFollowAt));
    }

    /// <summary>Permission bits; not for symbolic links.</summary>
    public static int SetMode(int fd, uint mode)
    {
        var path = stackalloc byte[32];
        ProcPath(fd, path);
        return (int)Check(TreeNative.Chmod(path, mode));
    }

    /// <summary>utimensat(2) with AT_EMPTY_PATH.</summary>
    public static int SetTimes(int fd, KernelTimespec access, KernelTimespec modify)
    {
        byte empty = 0;
        var times = stackalloc KernelTimespec[2] { access, modify };
        // By number: the C library refuses an empty path in some versions.
        return (int)Check(TreeNative.Syscall(s_arm ? 88 : 280, fd, (long)&empty, (long)times, EmptyPath | NoFollowAt, 0));
    }

    /// <summary>mkdirat(2).</summary>
    public static int MakeDirectory(int directory, ReadOnlySpan<byte> name, uint mode)
    {
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        return (int)Check(TreeNative.Mkdirat(directory, path, mode));
    }

    /// <summary>mknodat(2).</summary>
    public static int MakeNode(int directory, ReadOnlySpan<byte> name, uint mode, uint major, uint minor)
    {
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        var device = (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);
        return (int)Check(TreeNative.Syscall(s_arm ? 33 : 259, directory, (long)path, mode, device, 0));
    }

    /// <summary>symlinkat(2).</summary>
    public static int MakeSymbolicLink(int directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        if (target.Length >= 4096)
            return -36;
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        var to = stackalloc byte[target.Length + 1];
        Terminate(target, to);
        return (int)Check(TreeNative.Symlinkat(to, directory, path));
    }

    /// <summary>Links the object behind a descriptor under a name, with the checks an ordinary user gets.</summary>
    public static int Link(int fd, int directory, ReadOnlySpan<byte> name)
    {
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        var from = stackalloc byte[32];
        ProcPath(fd, from);
        return (int)Check(TreeNative.Linkat(CurrentDirectory, from, directory, path, FollowAt));
    }

    /// <summary>renameat(2).</summary>
    public static int Rename(int oldDirectory, ReadOnlySpan<byte> oldName, int newDirectory, ReadOnlySpan<byte> newName)
    {
        var from = stackalloc byte[oldName.Length + 1];
        Terminate(oldName, from);
        var to = stackalloc byte[newName.Length + 1];
        Terminate(newName, to);
        return (int)Check(TreeNative.Renameat(oldDirectory, from, newDirectory, to));
    }

    /// <summary>unlinkat(2).</summary>
    public static int Unlink(int directory, ReadOnlySpan<byte> name, bool removeDirectory)
    {
        var path = stackalloc byte[name.Length + 1];
        Terminate(name, path);
        return (int)Check(TreeNative.Unlinkat(directory, path, removeDirectory ? RemoveDirectoryAt : 0));
    }

    /// <summary>readlinkat(2) of the link behind a descriptor.</summary>
    public static int ReadLink(int fd, Span<byte> buffer)
    {
        byte empty = 0;
        fixed (byte* p = buffer)
            return (int)Check(TreeNative.Readlinkat(fd, &empty, p, (nuint)buffer.Length));
    }

    /// <summary>getxattr(2).</summary>
    public static int GetAttribute(int fd, ReadOnlySpan<byte> name, Span<byte> value)
    {
        var path = stackalloc byte[32];
        ProcPath(fd, path);
        var n = stackalloc byte[name.Length + 1];
        Terminate(name, n);
        fixed (byte* v = value)
            return (int)Check(TreeNative.Getxattr(path, n, v, (nuint)value.Length));
    }

    /// <summary>listxattr(2).</summary>
    public static int ListAttributes(int fd, Span<byte> list)
    {
        var path = stackalloc byte[32];
        ProcPath(fd, path);
        fixed (byte* p = list)
            return (int)Check(TreeNative.Listxattr(path, p, (nuint)list.Length));
    }

    /// <summary>setxattr(2).</summary>
    public static int SetAttribute(int fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        if (value.Length > MaximumValue)
            return -7;
        var path = stackalloc byte[32];
        ProcPath(fd, path);
        var n = stackalloc byte[name.Length + 1];
        Terminate(name, n);
        fixed (byte* v = value)
            return (int)Check(TreeNative.Setxattr(path, n, v, (nuint)value.Length, flags));
    }

    /// <summary>removexattr(2).</summary>
    public static int RemoveAttribute(int fd, ReadOnlySpan<byte> name)
    {
        var path = stackalloc byte[32];
        ProcPath(fd, path);
        var n = stackalloc byte[name.Length + 1];
        Terminate(name, n);
        return (int)Check(TreeNative.Removexattr(path, n));
    }

    /// <summary>Sets the umask of the process to 0: clients have applied theirs.</summary>
    public static void ClearUmask() => _ = TreeNative.Umask(0);

    /// <summary>Raises RLIMIT_NOFILE to its hard limit.</summary>
    public static void RaiseDescriptorLimit()
    {
        var limits = stackalloc ulong[2];
        if (TreeNative.Getrlimit(7, limits) == 0 && limits[0] < limits[1])
        {
            limits[0] = limits[1];
            _ = TreeNative.Setrlimit(7, limits);
        }
    }

    private static long Check(long result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static void Terminate(ReadOnlySpan<byte> name, byte* path)
    {
        name.CopyTo(new Span<byte>(path, name.Length));
        path[name.Length] = 0;
    }

    private static void ProcPath(int fd, byte* path)
    {
        var span = new Span<byte>(path, 32);
        "/proc/self/fd/"u8.CopyTo(span);
        System.Buffers.Text.Utf8Formatter.TryFormat(fd, span[ProcPrefix..], out var written);
        span[ProcPrefix + written] = 0;
    }
}
