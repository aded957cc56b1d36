using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <content>Opening, reading, writing, closing.</content>
public sealed partial class FuseSession
{
    private const int AccessMode = 3;

    // What open(2) means to a tree: access mode, O_TRUNC, O_APPEND, O_DSYNC, O_SYNC, O_NOATIME. The kernel has dealt with the others.
    private const int TreeOpenFlags = AccessMode | 0x200 | 0x400 | 0x1000 | 0x101000 | 0x40000;
    private const int NonBlock = 0x800;
    private const int Direct = 0x4000;
    private const int DirectoryFlag = 0x10000;

    private ValueTask<Errno> Open(FuseRequest q)
    {
        if (!FuseOpenIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        if (Pin(q) is not { } node)
            return new(Errno.ESTALE);
        if (_pending.Count >= _options.MaxWaiting)
            return new(Errno.ENOMEM);
        var flags = (int)m.Flags;
        // Only a tree whose opens wait knows what not to wait means; it may have something against O_DIRECT, which is the kernel's business else.
        var passed = flags & (_options.OpenMayWait ? TreeOpenFlags | NonBlock | Direct : TreeOpenFlags);
        return AnswerOpen(q, _volume.Open(q.Who, node, passed, new OpenOrigin(q.Pid, q.Token)), flags);
    }

    private ValueTask<Errno> OpenDirectory(FuseRequest q)
    {
        if (Pin(q) is not { } node)
            return new(Errno.ESTALE);
        return AnswerOpen(q, _volume.Open(q.Who, node, DirectoryFlag, new OpenOrigin(q.Pid, q.Token)), DirectoryFlag);
    }

    private ValueTask<Errno> AnswerOpen(FuseRequest q, ValueTask<Result<IOpenFile>> task, int flags) =>
        task.IsCompletedSuccessfully ? new(AnswerOpen(q, task.Result, flags)) : AnswerOpenLater(q, task, flags);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerOpenLater(FuseRequest q, ValueTask<Result<IOpenFile>> task, int flags) => AnswerOpen(q, await task, flags);

    private Errno AnswerOpen(FuseRequest q, Result<IOpenFile> file, int flags)
    {
        if (!file.IsOk)
            return file.Error;
        var handle = NewHandle(file.Value);
        Span<byte> bytes = stackalloc byte[FuseOpenOut.Size];
        WriteOpen(bytes, handle, flags);
        // Nobody waits any more: nobody will close it either.
        if (!Answer(q, bytes))
            _ = CloseFile(handle);
        return Errno.None;
    }

    private void WriteOpen(Span<byte> to, FuseHandle handle, int flags)
    {
        var how = FuseOpenModes.None;
        if ((flags & DirectoryFlag) == 0)
        {
            // A node without a version is not to be cached.
            if (_options.DirectIo || handle.File.Node.Id.Version == 0)
                how |= FuseOpenModes.DirectIo | FuseOpenModes.ParallelDirectWrites;
            else if (_options.KeepCache)
                how |= FuseOpenModes.KeepCache;
            // Record locks of an owner end at his close(2), of which only a flush tells.
            if (!_options.RemoteLocks && Volume.TrySkipFlush(handle.File))
                how |= FuseOpenModes.NoFlush;
        }

        var writer = new LittleEndianWriter(to);
        new FuseOpenOut { Handle = handle.Id, Flags = (uint)how }.Write(ref writer);
    }

    private ValueTask<Errno> Read(FuseRequest q)
    {
        if (!FuseReadIn.TryRead(q.Body.Span, out var m) || m.Count > FuseLimits.MaxTransfer)
            return new(Errno.EIO);
        if (Pin(q, m.Handle) is not { } file)
            return new(Errno.EBADF);
        q.Reply = Loop.Buffers.Rent((int)m.Count);
        var task = _volume.Read(file, q.Reply.Slice(0, (int)m.Count), (long)m.Offset);
        return task.IsCompletedSuccessfully ? new(AnswerRead(q, task.Result)) : AnswerReadLater(q, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerReadLater(FuseRequest q, ValueTask<Result<int>> task) => AnswerRead(q, await task);

    private Errno AnswerRead(FuseRequest q, Result<int> count)
    {
        if (!count.IsOk)
            return count.Error;
        _ = Answer(q, q.Reply!.GetSpan()[..count.Value]);
        return Errno.None;
    }

    private ValueTask<Errno> Write(FuseRequest q)
    {
        if (!FuseWriteIn.TryRead(q.Body.Span, out var m) || q.Body.Length - FuseWriteIn.Size != m.Count)
            return new(Errno.EIO);
        if (Pin(q, m.Handle) is not { } file)
            return new(Errno.EBADF);
        var task = _volume.Write(file, q.Body[FuseWriteIn.Size..], (long)m.Offset);
        return task.IsCompletedSuccessfully ? new(AnswerWrite(q, task.Result)) : AnswerWriteLater(q, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerWriteLater(FuseRequest q, ValueTask<Result<int>> task) => AnswerWrite(q, await task);

    private Errno AnswerWrite(FuseRequest q, Result<int> count)
    {
        if (!count.IsOk)
            return count.Error;
        Span<byte> bytes = stackalloc byte[FuseWriteOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseWriteOut { Count = (uint)count.Value }.Write(ref writer);
        _ = Answer(q, bytes);
        return Errno.None;
    }

    // One close(2) of a descriptor that may have duplicates.
    private ValueTask<Errno> Flush(FuseRequest q)
    {
        if (!FuseFlushIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        if (Pin(q, m.Handle) is not { } file)
            return new(Errno.EBADF);
        var dropped = DropOwner(q.Handle!, m.LockOwner);
        return dropped.IsCompletedSuccessfully ? _volume.Flush(file) : FlushLater(dropped, file);
    }

    // A lock that has ended when close(2) returns may be had elsewhere.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> FlushLater(ValueTask<Errno> dropped, IOpenFile file)
    {
        _ = await dropped;
        return await _volume.Flush(file);
    }

    private ValueTask<Errno> Release(FuseRequest q)
    {
        if (!FuseReleaseIn.TryRead(q.Body.Span, out var m) || Pin(q, m.Handle) is null)
            return default;
        var handle = q.Handle!;
        // Closed when this request ends, or the last one that uses it.
        handle.IsReleased = true;
        return (m.ReleaseFlags & FuseLimits.ReleaseFlockUnlock) != 0 ? DropOwner(handle, m.LockOwner) : default;
    }

    private ValueTask<Errno> Sync(FuseRequest q)
    {
        if (!FuseFsyncIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        return Pin(q, m.Handle) is { } file ? _volume.Sync(file, (m.Flags & FuseLimits.FsyncDataOnly) != 0) : new(Errno.EBADF);
    }
}
