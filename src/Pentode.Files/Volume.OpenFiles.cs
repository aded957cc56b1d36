using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Files;

/// <content>What concerns open files.</content>
public sealed partial class Volume
{
    /// <inheritdoc cref="IOpenFile.Read"/>
    public ValueTask<Result<int>> Read(IOpenFile file, Memory<byte> buffer, long offset)
    {
        var error = Begin(FilesFaults.Read);
        if (error == Errno.None && (offset < 0 || offset > long.MaxValue - buffer.Length))
            error = Errno.EINVAL;
        if (error == Errno.None && _sharedLocks is { } shared)
            error = shared.Check(file);
        if (error != Errno.None)
            return Refuse<int>(error);
        var task = file.Read(buffer, offset);
        return task.IsCompletedSuccessfully ? new(CountBytes(task.Result, ref _bytesRead)) : BytesLater(task, isWrite: false);
    }

    /// <summary>As <see cref="Read"/> for what is sent from the page cache (<see cref="IOpenFile.LocateCached"/>); 0 means that it must be read.</summary>
    public int ReadCached(IOpenFile file, long offset, int length, out CachedRange range)
    {
        range = default;
        if (offset < 0 || offset > long.MaxValue - length || FilesFaults.Read.IsArmed)
            return 0;
        var count = file.LocateCached(offset, length, out range);
        if (count == 0)
            return 0;
        Interlocked.Increment(ref _operations);
        Interlocked.Add(ref _bytesRead, count);
        return count;
    }

    /// <inheritdoc cref="IOpenFile.Write(ReadOnlyMemory{byte}, long)"/>
    public ValueTask<Result<int>> Write(IOpenFile file, ReadOnlyMemory<byte> buffer, long offset) => Write(file, buffer, offset, call: null);

    /// <inheritdoc cref="IOpenFile.Write(ReadOnlyMemory{byte}, long, CallIdentity)"/>
    public ValueTask<Result<int>> Write(IOpenFile file, ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call)
    {
        var error = BeginChange(FilesFaults.Write);
        if (error == Errno.None && (offset < 0 || offset > long.MaxValue - buffer.Length))
            error = Errno.EINVAL;
        if (error == Errno.None && _sharedLocks is { } shared)
            error = shared.Check(file);
        if (error != Errno.None)
            return Refuse<int>(error);
        var task = _options.Guard is { } guard ? WriteGuarded(new GuardedWrite(file, buffer, offset, guard, call)) : file.Write(buffer, offset, call);
        return task.IsCompletedSuccessfully ? new(CountBytes(task.Result, ref _bytesWritten)) : BytesLater(task, isWrite: true);
    }

    /// <inheritdoc cref="IOpenFile.Sync"/>
    public ValueTask<Errno> Sync(IOpenFile file, bool dataOnly)
    {
        var error = Begin(FilesFaults.Sync);
        return error != Errno.None ? Refuse(error) : Counted(file.Sync(dataOnly));
    }

    /// <inheritdoc cref="IOpenFile.ReadDirectory"/>
    public ValueTask<Errno> ReadDirectory(IOpenFile file, long cookie, IDirectorySink sink)
    {
        var error = Begin(FilesFaults.ReadDirectory);
        if (error == Errno.None && cookie < 0)
            error = Errno.EINVAL;
        return error != Errno.None ? Refuse(error) : Counted(file.ReadDirectory(cookie, sink));
    }

    /// <summary>
    /// Takes or gives back a byte-range lock; see <see cref="IOpenFile.TryLock"/>, and <see cref="ISharedLocks.Lock"/> when others share the file. Completes at once unless
    /// <see cref="LocksMayWait"/>. EAGAIN, in spite of the wait, when an owner of this tree is in the way.
    /// </summary>
    public ValueTask<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait = default)
    {
        var error = Begin(FilesFaults.Lock);
        if (error == Errno.None)
            error = CheckLock(type, start, length);
        if (error != Errno.None)
            return Refuse(error);
        return _sharedLocks is { } shared ? Counted(shared.Lock(file, owner, type, start, length, wait)) : new(Counted(file.TryLock(owner, type, start, length)));
    }

    /// <inheritdoc cref="IOpenFile.TestLock"/>
    public ValueTask<Result<LockRange>> TestLock(IOpenFile file, LockOwner owner, LockType type, long start, long length)
    {
        var error = Begin(FilesFaults.Lock);
        if (error == Errno.None)
            error = CheckLock(type, start, length);
        if (error != Errno.None)
            return Refuse<LockRange>(error);
        return Counted(_sharedLocks is { } shared ? shared.Test(file, owner, type, start, length) : new(file.TestLock(owner, type, start, length)));
    }

    /// <inheritdoc cref="IOpenFile.ReleaseLocks"/>
    public bool ReleaseLocks(IOpenFile file) => _sharedLocks is { } shared ? shared.Release(file) : file.ReleaseLocks();

    /// <inheritdoc cref="IOpenFile.Flush"/>
    public ValueTask<Errno> Flush(IOpenFile file)
    {
        var error = Begin(FilesFaults.Close);
        return error != Errno.None ? Refuse(error) : Counted(file.Flush());
    }

    /// <inheritdoc cref="IOpenFile.TrySkipFlush"/>
    public static bool TrySkipFlush(IOpenFile file) => file.TrySkipFlush();

    /// <inheritdoc cref="IOpenFile.Poll"/>
    public static FileReadiness Poll(IOpenFile file, IReadinessSink? sink) => file.Poll(sink);

    /// <inheritdoc cref="IOpenFile.Close"/>
    public ValueTask<Errno> Close(IOpenFile file)
    {
        // An injected error must not leak the file: it is closed all the same.
        var injected = Begin(FilesFaults.Close);
        _sharedLocks?.Forget(file);
        var task = Counted(file.Close());
        return injected == Errno.None ? task : CloseFailed(task, injected);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Result<int>> WriteGuarded(GuardedWrite write)
    {
        if (IoLoop.Current is not { } loop)
        {
            write.Run();
            return write.Outcome;
        }

        while (true)
        {
            var result = await loop.RunBlockingAsync(GuardedWrite.Job, write).ConfigureAwait(false);
            if (write.HasRun)
                return write.Outcome;
            if (result != -(int)Errno.EAGAIN)
                return (Errno)(-result);
            _ = await loop.DelayAsync(1).ConfigureAwait(false); // every worker is busy and their queue full
        }
    }

    private static Errno CheckLock(LockType type, long start, long length) =>
        type > LockType.Unlock || start < 0 || length < 0 || (length > 0 && start > long.MaxValue - (length - 1)) ? Errno.EINVAL : Errno.None;

    private Result<int> CountBytes(Result<int> result, ref long counter)
    {
        if (result.IsOk)
            Interlocked.Add(ref counter, result.Value);
        else
            Interlocked.Increment(ref _errors);
        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<int>> BytesLater(ValueTask<Result<int>> task, bool isWrite)
    {
        var loop = IoLoop.Current;
        Result<int> result;
        try
        {
            result = await task.ConfigureAwait(false);
        }
        finally
        {
            await new LoopHop(loop);
        }

        return isWrite ? CountBytes(result, ref _bytesWritten) : CountBytes(result, ref _bytesRead);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> CloseFailed(ValueTask<Errno> task, Errno injected)
    {
        await task.ConfigureAwait(false);
        return Counted(injected);
    }
}
