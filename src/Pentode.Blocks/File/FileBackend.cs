using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Blocks.File;

/// <summary>
/// A regular file or a block device. Operations go through the caller's loop; off the loops they are plain blocking calls. On tmpfs, where
/// nothing waits for a disk, short reads and writes are done in place, which is faster than a trip through the ring.
/// </summary>
/// <remarks>
/// Every async method here has the pooling builder, which also makes its awaiter go on inline: with the usual one, whatever follows an await of
/// another method would run on the thread pool, where no operation of the loop may be started.
/// </remarks>
public sealed partial class FileBackend : IBlockBackend
{
    private const int OpenPathOnly = 0x200000;
    private const int FileTypeMask = 0xF000;
    private const int DirectoryType = 0x4000;
    private const int BlockDeviceType = 0x6000;
    private const int RegularType = 0x8000;

    /// <summary>A loop whose workers are all busy and whose queue is full: the call is then made in place, which slows the clients down.</summary>
    internal const int NoWorker = -(int)Errno.EAGAIN;

    private const int InlineReadBytes = 64 << 10;
    private const int InlineWriteBytes = 1 << 20;

    private readonly int _file;
    private readonly bool _isBlockDevice;
    private readonly bool _isInMemory;
    private readonly int _sectorBytes;
    private readonly Lock _queuesLock = new();
    private FlushQueue[] _queues = [];
    private volatile bool _isDataLost;

    private FileBackend(int file, BlockInfo info, bool isBlockDevice, bool isInMemory)
    {
        _file = file;
        Info = info;
        _isBlockDevice = isBlockDevice;
        _isInMemory = isInMemory;
        _sectorBytes = isBlockDevice ? Math.Max(FileCalls.BlockDeviceSectorSize(file), 512) : 1;
    }

    /// <inheritdoc/>
    public BlockInfo Info { get; }

    /// <summary>True on tmpfs: short transfers are done in place.</summary>
    public bool IsInMemory => _isInMemory;

    /// <summary>
    /// Opens an existing file or device; its size now is the size of the disk. EISDIR for a directory, EINVAL for anything else that is no
    /// disk, otherwise what open(2) says: a file that may not be written is an error unless <paramref name="readOnly"/>.
    /// </summary>
    public static Result<FileBackend> Open(string path, bool readOnly)
    {
        // The type is looked at first, because opening a pipe or a device may block or have effects.
        var probe = FileCalls.Open(path, OpenPathOnly);
        if (probe < 0)
            return ToErrno(probe);
        var mode = FileCalls.Mode(probe);
        FileCalls.Close(probe);
        if (mode < 0)
            return ToErrno(mode);
        var type = mode & FileTypeMask;
        if (type is not (BlockDeviceType or RegularType))
            return type == DirectoryType ? Errno.EISDIR : Errno.EINVAL;

        var file = FileCalls.Open(path, readOnly ? FileCalls.O_RDONLY : FileCalls.O_RDWR);
        if (file < 0)
            return ToErrno(file);
        var isBlockDevice = FileCalls.IsBlockDevice(file);
        var size = isBlockDevice ? FileCalls.BlockDeviceSize(file) : FileCalls.Size(file);
        if (size < 0 || (!isBlockDevice && !FileCalls.IsRegular(file)))
        {
            FileCalls.Close(file);
            return size < 0 ? ToErrno((int)size) : Errno.EINVAL;
        }

        var canPunch = !readOnly && CanPunch(file, size, isBlockDevice);
        var info = new BlockInfo
        {
            Size = size,
            PreferredBlock = Math.Clamp(FileCalls.PreferredBlockSize(file), 512, 65536),
            IsReadOnly = readOnly,
            CanTrim = !readOnly && (canPunch || isBlockDevice),
            CanFastZero = canPunch,
        };
        return new FileBackend(file, info, isBlockDevice, IsOnTmpfs(file));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Read(Memory<byte> buffer, long offset)
    {
        var loop = IoLoop.Current;
        if (loop is null || (_isInMemory && buffer.Length <= InlineReadBytes))
            return new(ReadInPlace(buffer.Span, offset));
        return ReadOnLoop(loop, buffer, offset);
    }

    /// <inheritdoc/>
    public bool TryLocateCached(long offset, int length, out CachedRange range)
    {
        range = new CachedRange(_file, offset);
        return SpliceCalls.IsSupported && (_isInMemory || SpliceCalls.IsCached(_file, offset, length));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua)
    {
        var loop = IoLoop.Current;
        if (loop is null || (_isInMemory && buffer.Length <= InlineWriteBytes))
            return new(WriteInPlace(buffer.Span, offset, fua && !_isInMemory));
        return WriteOnLoop(loop, buffer, offset, fua);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Flush()
    {
        if (_isDataLost)
            return new(Errno.EIO);
        if (_isInMemory)
            return default;
        var loop = IoLoop.Current;
        return loop is null ? new(Noted(ToErrno(FileCalls.Fdatasync(_file)))) : FlushOn(loop);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        FileCalls.Close(_file);
        return default;
    }

    /// <summary>The error in what a call returned.</summary>
    internal static Errno ToErrno(int result) => result < 0 ? (Errno)(-result) : Errno.None;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> FlushOn(IoLoop loop) => Noted(await QueueOf(loop).Flush().ConfigureAwait(false));

    // The kernel reports lost dirty pages once, to whichever call syncs next; a later flush that succeeds would hide that writes were lost.
    private Errno Noted(Errno error)
    {
        if (error is Errno.EIO or Errno.ENOSPC or Errno.EDQUOT)
            _isDataLost = true;
        return error == Errno.None && _isDataLost ? Errno.EIO : error;
    }

    // A durable write may be the one that hears of pages lost before it. ENOSPC says only that this write found no room.
    private Errno NotedWrite(Errno error, bool durable)
    {
        if (durable && error == Errno.EIO)
            _isDataLost = true;
        return error;
    }

    private FlushQueue QueueOf(IoLoop loop)
    {
        foreach (var queue in Volatile.Read(ref _queues))
        {
            if (queue.Loop == loop)
                return queue;
        }

        lock (_queuesLock)
        {
            var made = new FlushQueue(loop, _file);
            Volatile.Write(ref _queues, [.. _queues, made]);
            return made;
        }
    }

    private Errno ReadInPlace(Span<byte> buffer, long offset)
    {
        while (buffer.Length > 0)
        {
            var result = FileCalls.Pread(_file, buffer, offset);
            if (result < 0)
                return ToErrno(result);
            if (result == 0)
                return EndOfFile(buffer, offset);
            buffer = buffer[result..];
            offset += result;
        }

        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ReadOnLoop(IoLoop loop, Memory<byte> buffer, long offset)
    {
        while (buffer.Length > 0)
        {
            var result = await loop.ReadAsync(_file, buffer, offset).ConfigureAwait(false);
            if (result == NoWorker)
                return ReadInPlace(buffer.Span, offset);
            if (result < 0)
                return ToErrno(result);
            if (result == 0)
                return EndOfFile(buffer.Span, offset);
            buffer = buffer[result..];
            offset += result;
        }

        return Errno.None;
    }

    // Somebody cut the file short: what is missing within the size of the disk reads as a hole would.
    private Errno EndOfFile(Span<byte> rest, long offset)
    {
        if (_isBlockDevice || rest.Length > Info.Size - offset)
            return Errno.EIO;
        rest.Clear();
        return Errno.None;
    }

    private Errno WriteInPlace(ReadOnlySpan<byte> buffer, long offset, bool durable)
    {
        while (buffer.Length > 0)
        {
            var result = durable ? FileCalls.PwriteDurable(_file, buffer, offset) : FileCalls.Pwrite(_file, buffer, offset);
            if (result <= 0)
                return NotedWrite(result == 0 ? Errno.EIO : ToErrno(result), durable);
            buffer = buffer[result..];
            offset += result;
        }

        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> WriteOnLoop(IoLoop loop, ReadOnlyMemory<byte> buffer, long offset, bool durable)
    {
        while (buffer.Length > 0)
        {
            var result = await loop.WriteAsync(_file, buffer, offset, durable).ConfigureAwait(false);
            if (result == NoWorker)
                return WriteInPlace(buffer.Span, offset, durable);
            if (result <= 0)
                return NotedWrite(result == 0 ? Errno.EIO : ToErrno(result), durable);
            buffer = buffer[result..];
            offset += result;
        }

        return Errno.None;
    }

    // A hole punched behind the end of a file changes nothing, and tells whether the file system can. Devices say so when asked.
    private static bool CanPunch(int file, long size, bool isBlockDevice)
    {
        const int Mode = FileCalls.FallocPunchHole | FileCalls.FallocKeepSize;
        return isBlockDevice || FileCalls.Fallocate(file, Mode, (size + 65535) & ~65535L, 4096) == 0;
    }

    private static bool IsOnTmpfs(int file)
    {
        try
        {
            return string.Equals(new DriveInfo($"/proc/self/fd/{file}").DriveFormat, "tmpfs", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
