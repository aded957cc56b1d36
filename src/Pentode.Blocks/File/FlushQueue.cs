using Pentode.Core;
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

    private async ValueTask<Errno> RunFirst()
    {
        var result = await loop.FsyncAsync(file, dataOnly: true).ConfigureAwait(false);
        Next();
        return FileBackend.ToErrno(result);
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

    private async ValueTask RunBatch(List<FlushWaiter> batch)
    {
        var error = FileBackend.ToErrno(await loop.FsyncAsync(file, dataOnly: true).ConfigureAwait(false));
        var next = batch.ToArray();
        batch.Clear();
        _spare = batch;
        Next();
        foreach (var waiter in next)
            waiter.Complete(error);
    }
}
