using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Blocks.File;

/// <summary>
/// The flushes of one file on one loop: one fdatasync answers all that arrived before it started. Used on its loop's thread only.
/// </summary>
internal sealed class FlushQueue(IoLoop loop, int file)
{
    private List<FlushWaiter> _waiting = [];
    private List<FlushWaiter> _spare = [];
    private bool _isRunning;

    public IoLoop Loop => loop;

    public ValueTask<Errno> Flush()
    {
        if (!_isRunning)
        {
            _isRunning = true;
            return RunFirst();
        }

        var waiter = new FlushWaiter();
        _waiting.Add(waiter);
        return waiter.Task;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> RunFirst()
    {
        var error = await Sync().ConfigureAwait(false);
        Next();
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Sync()
    {
        var result = await loop.FsyncAsync(file, dataOnly: true).ConfigureAwait(false);
        return FileBackend.ToErrno(result == FileBackend.NoWorker ? FileCalls.Fdatasync(file) : result);
    }

    private void Next()
    {
        if (_waiting.Count == 0)
        {
            _isRunning = false;
            return;
        }

        var batch = _waiting;
        _waiting = _spare;
        _ = RunBatch(batch).AsTask(); // cannot fail: loop calls report errors as results
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunBatch(List<FlushWaiter> batch)
    {
        var error = await Sync().ConfigureAwait(false);
        var next = batch.ToArray();
        batch.Clear();
        _spare = batch;
        Next();
        foreach (var waiter in next)
            waiter.Complete(error);
    }
}
