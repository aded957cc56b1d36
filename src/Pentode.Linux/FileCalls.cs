using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Pentode.Linux;

/// <summary>File system calls by descriptor. Every call returns what the system call returns, or a negative errno; EINTR is retried.</summary>
public static unsafe class FileCalls
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_TRUNC = 0x200;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    /// <summary>RWF_DSYNC of pwritev2(2).</summary>
    public const int RwfDsync = 2;

    /// <summary>SEEK_SET.</summary>
    public const int SeekSet = 0;

    /// <summary>SEEK_END.</summary>
    public const int SeekEnd = 2;

    /// <summary>SEEK_DATA.</summary>
    public const int SeekData = 3;

    /// <summary>SEEK_HOLE.</summary>
    public const int SeekHole = 4;

    /// <summary>FALLOC_FL_KEEP_SIZE.</summary>
    public const int FallocKeepSize = 1;

    /// <summary>FALLOC_FL_PUNCH_HOLE.</summary>
    public const int FallocPunchHole = 2;

    /// <summary>FALLOC_FL_ZERO_RANGE.</summary>
    public const int FallocZeroRange = 0x10;

    private const int Interrupted = 4;
    private const int StatxBytes = 256;
    private const int AtEmptyPath = 0x1000;
    private const int AtSymlinkNoFollow = 0x100;
    private const int AtCurrentDirectory = -100;

    /// <summary>open(2) of a path that ends with NUL; O_CLOEXEC is added.</summary>
    public static int Open(ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        if (path.IsEmpty || path[^1] != 0)
            return -(int)Pentode.Core.Errno.EINVAL;
        fixed (byte* p = path)
        {
            int result;
            do
            {
                result = Of(NativeFile.Open(p, flags | O_CLOEXEC, mode));
            }
            while (result == -Interrupted);
            return result;
        }
    }

    /// <inheritdoc cref="Open(ReadOnlySpan{byte}, int, uint)"/>
    public static int Open(string path, int flags, uint mode = 0) => Open(Terminated(path), flags, mode);

    /// <summary>close(2). Never retried: Linux frees the descriptor even when it reports EINTR.</summary>
    public static int Close(int file) => Of(NativeFile.Close(file));

    /// <summary>pread(2).</summary>
    public static int Pread(int file, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
            return Pread(file, p, buffer.Length, offset);
    }

    /// <summary>pread(2).</summary>
    public static int Pread(int file, byte* buffer, int length, long offset)
    {
        int result;
        do
        {
            result = Of((int)NativeFile.Pread(file, buffer, (nuint)length, offset));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>pwrite(2).</summary>
    public static int Pwrite(int file, ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
            return Pwrite(file, p, buffer.Length, offset);
    }

    /// <summary>pwrite(2).</summary>
    public static int Pwrite(int file, byte* buffer, int length, long offset)
    {
        int result;
        do
        {
            result = Of((int)NativeFile.Pwrite(file, buffer, (nuint)length, offset));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>pwritev2(2) of one buffer with RWF_DSYNC: durable when it returns.</summary>
    public static int PwriteDurable(int file, ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
        {
            var part = new IoVector { Base = p, Length = (nuint)buffer.Length };
            return Pwritev2(file, new ReadOnlySpan<IoVector>(in part), offset, RwfDsync);
        }
    }

    /// <summary>pwritev2(2).</summary>
    public static int Pwritev2(int file, ReadOnlySpan<IoVector> parts, long offset, int flags)
    {
        fixed (IoVector* p = parts)
        {
            int result;
            do
            {
                result = Of((int)NativeFile.Pwritev2(file, p, parts.Length, offset, flags));
            }
            while (result == -Interrupted);
            return result;
        }
    }

    /// <summary>preadv(2).</summary>
    public static int Preadv(int file, ReadOnlySpan<IoVector> parts, long offset)
    {
        fixed (IoVector* p = parts)
        {
            int result;
            do
            {
                result = Of((int)NativeFile.Preadv(file, p, parts.Length, offset));
            }
            while (result == -Interrupted);
            return result;
        }
    }

    /// <summary>read(2).</summary>
    public static int Read(int file, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            int result;
            do
            {
                result = Of((int)NativeFile.Read(file, p, (nuint)buffer.Length));
            }
            while (result == -Interrupted);
            return result;
        }
    }

    /// <summary>write(2).</summary>
    public static int Write(int file, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            int result;
            do
            {
                result = Of((int)NativeFile.Write(file, p, (nuint)buffer.Length));
            }
            while (result == -Interrupted);
            return result;
        }
    }

    /// <summary>fsync(2).</summary>
    public static int Fsync(int file)
    {
        int result;
        do
        {
            result = Of(NativeFile.Fsync(file));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>fdatasync(2).</summary>
    public static int Fdatasync(int file)
    {
        int result;
        do
        {
            result = Of(NativeFile.Fdatasync(file));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>fallocate(2).</summary>
    public static int Fallocate(int file, int mode, long offset, long length)
    {
        int result;
        do
        {
            result = Of(NativeFile.Fallocate(file, mode, offset, length));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>ftruncate(2).</summary>
    public static int Ftruncate(int file, long length)
    {
        int result;
        do
        {
            result = Of(NativeFile.Ftruncate(file, length));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>lseek(2).</summary>
    public static long Lseek(int file, long offset, int whence)
    {
        var result = NativeFile.Lseek(file, offset, whence);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>posix_fadvise(2).</summary>
    public static int Fadvise(int file, long offset, long length, int advice) => -NativeFile.Fadvise(file, offset, length, advice);

    /// <summary>flock(2); not retried when the lock was asked for without waiting.</summary>
    public static int Flock(int file, int operation)
    {
        int result;
        do
        {
            result = Of(NativeFile.Flock(file, operation));
        }
        while (result == -Interrupted);
        return result;
    }

    /// <summary>unlink(2).</summary>
    public static int Unlink(string path)
    {
        fixed (byte* p = Terminated(path))
            return Of(NativeFile.Unlink(p));
    }

    /// <summary>ioctl(2) with a pointer argument; the span is read and written by the kernel.</summary>
    public static int Ioctl(int file, uint request, Span<byte> argument)
    {
        fixed (byte* p = argument)
            return Of(NativeFile.Ioctl(file, request, p));
    }

    /// <summary>BLKGETSIZE64: size of a block device in bytes.</summary>
    public static long BlockDeviceSize(int file)
    {
        Span<byte> value = stackalloc byte[8];
        var result = Ioctl(file, 0x80081272, value);
        return result < 0 ? result : BinaryPrimitives.ReadInt64LittleEndian(value);
    }

    /// <summary>BLKSSZGET: logical sector size of a block device.</summary>
    public static int BlockDeviceSectorSize(int file)
    {
        Span<byte> value = stackalloc byte[8];
        var result = Ioctl(file, 0x1268, value);
        return result < 0 ? result : BinaryPrimitives.ReadInt32LittleEndian(value);
    }

    /// <summary>BLKPBSZGET: physical sector size of a block device.</summary>
    public static int BlockDevicePhysicalSectorSize(int file)
    {
        Span<byte> value = stackalloc byte[8];
        var result = Ioctl(file, 0x127B, value);
        return result < 0 ? result : BinaryPrimitives.ReadInt32LittleEndian(value);
    }

    /// <summary>BLKDISCARD.</summary>
    public static int BlockDeviceDiscard(int file, long offset, long length) => BlockRange(file, 0x1277, offset, length);

    /// <summary>BLKZEROOUT.</summary>
    public static int BlockDeviceZeroOut(int file, long offset, long length) => BlockRange(file, 0x127F, offset, length);

    /// <summary>st_size of an open file.</summary>
    public static long Size(int file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        var result = Statx(file, [0], AtEmptyPath, stat);
        return result < 0 ? result : BinaryPrimitives.ReadInt64LittleEndian(stat[40..]);
    }

    /// <summary>st_mode (type and permissions) of an open file.</summary>
    public static int Mode(int file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        var result = Statx(file, [0], AtEmptyPath, stat);
        return result < 0 ? result : BinaryPrimitives.ReadUInt16LittleEndian(stat[28..]);
    }

    /// <summary>st_blksize of an open file.</summary>
    public static int PreferredBlockSize(int file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        var result = Statx(file, [0], AtEmptyPath, stat);
        return result < 0 ? result : BinaryPrimitives.ReadInt32LittleEndian(stat[4..]);
    }

    /// <summary>True for a block device.</summary>
    public static bool IsBlockDevice(int file) => Mode(file) is >= 0 and var mode && (mode & 0xF000) == 0x6000;

    /// <summary>True for a regular file.</summary>
    public static bool IsRegular(int file) => Mode(file) is >= 0 and var mode && (mode & 0xF000) == 0x8000;

    /// <summary>st_mode of a path, the last link not followed.</summary>
    public static int ModeOf(string path)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        var result = Statx(AtCurrentDirectory, Terminated(path), AtSymlinkNoFollow, stat);
        return result < 0 ? result : BinaryPrimitives.ReadUInt16LittleEndian(stat[28..]);
    }

    internal static byte[] Terminated(string path)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    private static int BlockRange(int file, uint request, long offset, long length)
    {
        Span<byte> range = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(range, offset);
        BinaryPrimitives.WriteInt64LittleEndian(range[8..], length);
        return Ioctl(file, request, range);
    }

    private static int Statx(int directory, ReadOnlySpan<byte> path, int flags, Span<byte> result)
    {
        fixed (byte* p = path)
        fixed (byte* r = result)
            return Of(NativeFile.Statx(directory, p, flags, 0x7FF, r));
    }

    private static int Of(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
