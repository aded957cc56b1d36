using System.Diagnostics;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Whose turn it is: deficit round robin by weight, and a bound on what the kernel holds.</content>
internal sealed unsafe partial class RingsEngine
{
    /// <summary>What an operation costs besides its bytes.</summary>
    private const long OperationCost = 4096;

    /// <summary>No operation counts for more bytes.</summary>
    private const long MostCost = 16 << 20;

    /// <summary>What a weight of 1 adds in each turn.</summary>
    private const long Quantum = 1024;

    private const int MostKernelOperations = 256;

    /// <summary>Of one client: what hangs may hold threads of the kernel, which others need too.</summary>
    private const int MostKernelOperationsOfOne = 192;

    /// <summary>Small operations of one client that start although others have filled the kernel, perhaps with what hangs.</summary>
    private const int LeastKernelOperationsOfOne = 4;
    private const long SmallBytes = 16 << 10;

    // An operation that hangs (a file system that is away, an empty pipe) gives its room to others after so long.
    private static readonly long s_agedAfter = Stopwatch.Frequency / 25;

    private readonly LinkedList<EngineSession> _queue = new();
    private readonly Queue<(EngineTask Task, uint Generation)> _prompt = new();
    private int _countedTasks;
    private long _countedBytes;

    private bool IsWorkHeldBack => _queue.Count > 0;

    private static bool MayExceed(EngineSession session, EngineTask task) => session.KernelOperations < LeastKernelOperationsOfOne && task.Bytes <= SmallBytes;

    private bool HasKernelRoom => _countedTasks == 0 || (_countedTasks < MostKernelOperations && _countedBytes < _options.KernelBytes2);

    private void Schedule()
    {
        for (var waiting = _prompt.Count; waiting > 0; waiting--)
        {
            var (task, generation) = _prompt.Dequeue();
            if (task.Generation != generation || task.State != EngineTaskState.Pending || task.IsInQueue)
                continue;
            if (Start(task))
                continue;
            _prompt.Enqueue((task, generation));
            _again = true;
        }

        var passedOver = 0;
        while (_queue.First is { } node && passedOver < _queue.Count)
        {
            var session = node.Value;
            var task = session.QueueFirst;
            if (task is null || session.KernelOperations >= MostKernelOperationsOfOne)
            {
                // With operations left it comes back when the kernel has let go of some.
                _queue.Remove(node);
                session.IsQueued = false;
                continue;
            }

            if (!HasKernelRoom && !MayExceed(session, task) && !AgeOut())
            {
                // It keeps its turn; those behind it may have little there.
                _queue.RemoveFirst();
                _queue.AddLast(node);
                passedOver++;
                continue;
            }

            if (_bytesHere > MostBytesHere)
            {
                _again = true;
                return;
            }

            if (!session.IsInTurn)
            {
                session.IsInTurn = true;
                session.Deficit += session.Weight * Quantum;
            }

            var cost = CostOf(task);
            if (cost > session.Deficit)
            {
                if (_queue.Count > 1)
                {
                    session.IsInTurn = false;
                    _queue.RemoveFirst();
                    _queue.AddLast(node);
                    passedOver = 0;
                    continue;
                }

                session.Deficit = cost;
            }

            passedOver = 0;
            session.Dequeue(task);
            session.Deficit -= cost;
            if (Start(task))
                continue;

            // The kernel takes no more for now: it keeps its place.
            session.Deficit += cost;
            session.EnqueueFirst(task);
            _again = true;
            return;
        }
    }

    private void Count(EngineTask task)
    {
        if (task.Rule.Has(OperationUses.Waits) || (task.File is { IsStorage: false } && task.Rule.Data is OperationData.In or OperationData.Out or OperationData.Vectors))
            return;
        task.KernelBytes = task.Cost - OperationCost;
        task.IsCounted = true;
        task.Session.KernelOperations++;
        _countedTasks++;
        _countedBytes += task.KernelBytes;
    }

    private void Uncount(EngineTask task)
    {
        if (task.KernelBytes < 0)
            return;
        _countedTasks--;
        _countedBytes -= task.KernelBytes;
        task.KernelBytes = -1;
    }

    // True when what hangs made room.
    private bool AgeOut()
    {
        var limit = Stopwatch.GetTimestamp() - s_agedAfter;
        if (limit < _nextAgeOut)
            return false;
        _nextAgeOut = limit + (s_agedAfter / 4);
        foreach (var task in _tasks)
        {
            if (task.State == EngineTaskState.InKernel && task.StartedAt < limit)
                Uncount(task);
        }

        return HasKernelRoom;
    }

    private long _nextAgeOut;

    private void RunTimes()
    {
        if (_times.Count == 0)
            return;
        var now = Stopwatch.GetTimestamp();
        while (_times.First is { } task && task.DueAt <= now)
        {
            if (task.DeadlineAt <= now)
            {
                task.DeadlineAt = long.MaxValue;
                _times.Update(task);
                var isOwn = task.Entry.DeadlineNsec != 0 && now >= task.TakenAt + Stamps(task.Entry.DeadlineNsec);
                End(task, task.EndReason > 0 ? (Errno)task.EndReason : isOwn ? Errno.ETIME : Errno.ETIMEDOUT);
                continue;
            }

            Tick(task, now);
        }
    }

    private void StartTimer(EngineTask task)
    {
        task.State = EngineTaskState.Timer;
        task.StartedAt = Stopwatch.GetTimestamp();
        task.TickAt = task.StartedAt + Stamps(task.Entry.Argument0);
        _times.Update(task);
    }

    private static long Stamps(ulong nanoseconds) => (long)Math.Min(nanoseconds * (Stopwatch.Frequency / 1e9), long.MaxValue / 4);

    private void Tick(EngineTask task, long now)
    {
        task.Ticks++;
        if ((task.Entry.Flags & RingsEntryFlags.Multishot) == 0)
        {
            Complete(task, -(int)Errno.ETIME, task.Ticks);
            return;
        }

        var interval = Math.Max(1, Stamps(task.Entry.Argument0));
        var missed = (now - task.TickAt) / interval;
        task.Ticks += (ulong)missed;
        task.TickAt += (missed + 1) * interval;
        _times.Update(task);
        if (task.Shots == 0)
            return;
        task.Shots--;
        PostMore(task, -(int)Errno.ETIME, task.Ticks);
    }
}
