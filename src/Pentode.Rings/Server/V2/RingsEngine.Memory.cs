using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Reads and writes of files in memory: small reads right here, the rest by threads of the server.</content>
internal sealed unsafe partial class RingsEngine
{
    // A read of more would hold up everybody else. A write may find the file locked by another process, for as long as that likes.
    private const long HereBytes = 64 << 10;
    private const long MostWorkerBytes = 16 << 20;

    // So much is read here before others are looked after.
    private const long MostBytesHere = 2 << 20;

    private long _bytesHere;

    private static bool IsForMemory(EngineTask task) => task is { File.IsInMemory: true, Bytes: <= MostWorkerBytes }
        && task.Entry is { Operation: RingsOperation.Read or RingsOperation.Write, OperationFlags: 0, Offset: <= long.MaxValue };

    // With what is done in one go behind it.
    private static long CostOf(EngineTask task)
    {
        var cost = task.Cost;
        if (!IsForMemory(task))
            return cost;
        for (var next = task.ChainNext; next is not null && IsForMemory(next); next = next.ChainNext)
            cost += next.Cost;
        return cost;
    }

    private void StartInMemory(EngineTask task)
    {
        Begin(task);
        if (task.Entry.Operation == RingsOperation.Read && task.Bytes < HereBytes)
        {
            _bytesHere += task.Bytes;
            OnKernel(task, MemoryWorkers.Transfer(task), hasMore: false);
            return;
        }

        // The rest of the chain is out of reach from now on, as what the kernel has is.
        for (var last = task; last.ChainNext is { } next && IsForMemory(next); last = next)
        {
            last.ChainNext = null;
            next.ChainPrevious = null;
            last.Follower = next;
            next.ChainFile = last.ChainFile;
            Begin(next);
        }

        _workers.Enqueue(task);
    }

    private void TakeFromWorkers()
    {
        _workers.Listen();
        while (_workers.TryTakeDone(out var task))
            OnWorker(task);
        if (!_workers.HasWaiting || !_workers.IsStuck)
            return;
        while (_workers.TryTakeBack(out var task))
            GiveToRing(task);
    }

    private void OnWorker(EngineTask task)
    {
        EngineTask? next;
        for (var current = task; current is not null; current = next)
        {
            next = current.Follower;
            current.Follower = null;

            // Behind a broken link all others are, whatever theirs.
            if (current.Outcome == EngineTask.NotRun)
                current.Entry.Flags &= ~RingsEntryFlags.HardLink;
            OnKernel(current, current.Outcome == EngineTask.NotRun ? -(int)Errno.ECANCELED : current.Outcome, hasMore: false);
        }
    }

    // Every thread hangs: what none has begun goes the way of all other files.
    private void GiveToRing(EngineTask task)
    {
        for (var last = task; last.Follower is { } next; last = next)
        {
            last.Follower = null;
            last.ChainNext = next;
            next.ChainPrevious = last;
            Unbegin(next);
            next.State = EngineTaskState.Chained;
        }

        Unbegin(task);
        if (task.Session.IsGone || task.EndReason != 0)
        {
            task.State = EngineTaskState.Pending;
            Complete(task, -(int)(task.EndReason > 0 ? (Errno)task.EndReason : Errno.ECANCELED), 0);
            return;
        }

        if (!StartInRing(task))
        {
            task.State = EngineTaskState.Pending;
            Line(task);
        }
    }

    private void Unbegin(EngineTask task)
    {
        _kernelTasks--;
        Release(task);
    }
}
