using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Blocks.File;

/// <summary>Zeroes, trims, hints and extents.</summary>
public sealed partial class FileBackend
{
    private const int ZeroPieceBytes = 1 << 20;
    private const int PunchMode = FileCalls.FallocPunchHole | FileCalls.FallocKeepSize;
    private const int ZeroMode = FileCalls.FallocZeroRange | FileCalls.FallocKeepSize;
    private const int WillNeed = 3;

    // Only read; pinned because the kernel reads it while the collector may run.
    private static readonly byte[] s_zeroes = GC.AllocateArray<byte>(ZeroPieceBytes, pinned: true);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags)
    {
        var loop = IoLoop.Current;
        var keep = (flags & ZeroFlags.NoHole) != 0;
        var fast = (flags & ZeroFlags.Fast) != 0;

        // Zeroing a device in place falls back to writing inside the kernel: never fast.
        if (keep && fast && _isBlockDevice)
            return Errno.EOPNOTSUPP;
        var error = await Allocate(loop, keep ? ZeroMode : PunchMode, offset, length).ConfigureAwait(false);
        if (error == Errno.EOPNOTSUPP && !keep && !fast)
            error = await Allocate(loop, ZeroMode, offset, length).ConfigureAwait(false);

        // EINVAL: a device whose sectors the range does not match.
        if (error == Errno.EOPNOTSUPP || (error == Errno.EINVAL && _isBlockDevice))
        {
            if (fast)
                return Errno.EOPNOTSUPP;
            error = await WriteZeroes(offset, length).ConfigureAwait(false);
        }

        return error == Errno.None && (flags & ZeroFlags.Fua) != 0 ? await Flush().ConfigureAwait(false) : error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Trim(long offset, long length, bool fua)
    {
        var loop = IoLoop.Current;
        var error = _isBlockDevice
            ? await Discard(loop, offset, length).ConfigureAwait(false)
            : await Allocate(loop, PunchMode, offset, length).ConfigureAwait(false);
        if (error is Errno.EOPNOTSUPP or Errno.EINVAL)
            error = Errno.None; // a hint that cannot be followed
        return error == Errno.None && fua ? await Flush().ConfigureAwait(false) : error;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Cache(long offset, long length)
    {
        if (!_isInMemory)
            FileCalls.Fadvise(_file, offset, length, WillNeed); // starts reading and returns; a hint, so its error means nothing
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents)
    {
        var loop = IoLoop.Current;
        if (loop is not null && !_isInMemory)
            return ExtentsOnWorker(loop, offset, length, maxExtents, extents);
        Seek(_file, offset, offset + length, maxExtents, extents);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ExtentsOnWorker(IoLoop loop, long offset, long length, int maxExtents, List<BlockExtent> extents)
    {
        var file = _file;
        Func<object?, int> job = list =>
        {
            Seek(file, offset, offset + length, maxExtents, (List<BlockExtent>)list!);
            return 0;
        };
        var result = await loop.RunBlockingAsync(job, extents).ConfigureAwait(false);

        // "All data" is always a true answer: give it when no worker is free to find a better one.
        if (result == NoWorker)
            extents.Add(new BlockExtent(length, IsHole: false, IsZero: false));
        else if (result < 0)
            return ToErrno(result);
        return Errno.None;
    }

    private static void Seek(int file, long offset, long end, int maxExtents, List<BlockExtent> extents)
    {
        for (var count = 0; count < maxExtents && offset < end; count++)
        {
            var data = FileCalls.Lseek(file, offset, FileCalls.SeekData);
            if (data == -(long)Errno.ENXIO || data > offset)
            {
                // No data at all up to there at the time of the call: writes acknowledged before it are in the page cache and seen.
                var stop = data < 0 ? end : Math.Min(data, end);
                extents.Add(new BlockExtent(stop - offset, IsHole: true, IsZero: true));
                offset = stop;
                continue;
            }

            var hole = data < 0 ? end : FileCalls.Lseek(file, offset, FileCalls.SeekHole);
            var limit = hole <= offset ? end : Math.Min(hole, end); // no help, or changed in between: call it data
            extents.Add(new BlockExtent(limit - offset, IsHole: false, IsZero: false));
            offset = limit;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> WriteZeroes(long offset, long length)
    {
        while (length > 0)
        {
            var part = (int)Math.Min(length, ZeroPieceBytes);
            var error = await Write(s_zeroes.AsMemory(0, part), offset, fua: false).ConfigureAwait(false);
            if (error != Errno.None)
                return error;
            offset += part;
            length -= part;
        }

        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Allocate(IoLoop? loop, int mode, long offset, long length)
    {
        var result = loop is null || _isInMemory ? NoWorker : await loop.FallocateAsync(_file, mode, offset, length).ConfigureAwait(false);
        return ToErrno(result == NoWorker ? FileCalls.Fallocate(_file, mode, offset, length) : result);
    }

    // Only whole sectors can be discarded: those at the edges keep their content.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Discard(IoLoop? loop, long offset, long length)
    {
        var start = (offset + _sectorBytes - 1) / _sectorBytes * _sectorBytes;
        var whole = ((offset + length) / _sectorBytes * _sectorBytes) - start;
        if (whole <= 0)
            return Errno.None;
        var file = _file;
        var result = loop is null
            ? FileCalls.BlockDeviceDiscard(file, start, whole)
            : await loop.RunBlockingAsync(_ => FileCalls.BlockDeviceDiscard(file, start, whole), null).ConfigureAwait(false);
        return result == NoWorker ? Errno.None : ToErrno(result); // a hint that has to wait is not worth following
    }
}
