using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>
/// File handles of the kernel: what names an object of a file system for as long as it exists (name_to_handle_at(2), open_by_handle_at(2)), and
/// access(2) on an object. Every method returns a value from 0 up, or a negated errno.
/// </summary>
public static unsafe class HandleCalls
{
    /// <summary>Longest handle taken here; those of ext4, xfs and tmpfs fit, those of btrfs and overlayfs do not (EOVERFLOW).</summary>
    public const int MaximumLength = 16;

    private const int HeaderSize = 8;
    private const int EmptyPath = 0x1000;
    private const int EffectiveAccess = 0x200;

    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>
    /// The handle of the object behind a descriptor, or of its child <paramref name="name"/> when that is not empty (links not followed). Writes
    /// it to <paramref name="handle"/> (<see cref="MaximumLength"/> bytes, zero padded) and returns its length.
    /// </summary>
    public static int HandleOf(int fd, ReadOnlySpan<byte> name, Span<byte> handle, out int type)
    {
        var path = stackalloc byte[name.Length + 1];
        name.CopyTo(new Span<byte>(path, name.Length));
        path[name.Length] = 0;
        var buffer = stackalloc byte[HeaderSize + MaximumLength];
        new Span<byte>(buffer, HeaderSize + MaximumLength).Clear();
        *(uint*)buffer = MaximumLength;
        int mount;
        type = 0;
        if (TreeNative.Syscall(s_arm ? 264 : 303, fd, (long)path, (long)buffer, (long)&mount, name.IsEmpty ? EmptyPath : 0) < 0)
            return -Marshal.GetLastPInvokeError();
        type = *(int*)(buffer + 4);
        new ReadOnlySpan<byte>(buffer + HeaderSize, MaximumLength).CopyTo(handle);
        return (int)*(uint*)buffer;
    }

    /// <summary>
    /// Opens the object a handle names, on the file system of <paramref name="mount"/> (a descriptor that is not O_PATH). Needs
    /// CAP_DAC_READ_SEARCH. -ESTALE when there is no such object any more.
    /// </summary>
    public static int Open(int mount, ReadOnlySpan<byte> handle, int type, int flags)
    {
        var buffer = stackalloc byte[HeaderSize + MaximumLength];
        *(uint*)buffer = (uint)handle.Length;
        *(int*)(buffer + 4) = type;
        handle.CopyTo(new Span<byte>(buffer + HeaderSize, MaximumLength));
        var fd = TreeNative.Syscall(s_arm ? 265 : 304, mount, (long)buffer, flags, 0, 0);
        return fd < 0 ? -Marshal.GetLastPInvokeError() : (int)fd;
    }

    /// <summary>May this thread, with the identity it acts as, read (4), write (2), execute or search (1) the object? 0, or -EACCES.</summary>
    public static int Access(int fd, int mode)
    {
        byte empty = 0;
        return TreeNative.Syscall(439, fd, (long)&empty, mode, EffectiveAccess | EmptyPath, 0) < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }
}
