using System.Diagnostics;
using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Whether a record is taken: everything is looked at in a copy, in the order of section 11 of the specification.</content>
internal sealed unsafe partial class RingsEngine
{
    private const RingsEntryFlags Links = RingsEntryFlags.Link | RingsEntryFlags.HardLink;

    private void TakeMessage(EngineSession session, byte* body, int count, int length)
    {
        for (var i = 0; i < count; i++)
            _copies[i] = Unsafe.ReadUnaligned<RingsSubmission>(body + ((long)i * RingsWire2.SubmissionSize));
        var records = count * RingsWire2.SubmissionSize;
        TakeAll(session, _copies.AsSpan(0, count), body + records, length - records, isFromRing: false);
    }

    private void TakeAll(EngineSession session, ReadOnlySpan<RingsSubmission> records, byte* data, int dataLength, bool isFromRing)
    {
        EngineTask? previous = null;
        var isBroken = false;
        var chain = 0;
        var links = RingsEntryFlags.None;
        var now = Stopwatch.GetTimestamp();
        for (var i = 0; i < records.Length; i++)
        {
            ref readonly var entry = ref records[i];
            if (links == 0)
            {
                previous = null;
                isBroken = false;
                chain = 0;
            }

            chain++;
            links = entry.Flags & Links;
            if (isBroken)
            {
                Post(session, isFromRing, new RingsCompletionRecord { UserData = entry.UserData, Result = -(int)Errno.ECANCELED });
                continue;
            }

            var isLast = i == records.Length - 1;
            var error = chain > RingsWire2.MaxChain || (isLast && links != 0) || (entry.File == RingsWire2.FileOfChain && previous is null)
                ? Errno.EINVAL
                : Errno.None;
            var task = error == Errno.None ? Take(session, entry, data, dataLength, isFromRing, now, out error) : null;
            if (task is null)
            {
                session.Refused++;
                Post(session, isFromRing, new RingsCompletionRecord { UserData = entry.UserData, Result = -(int)error, Flags = RingsCompletionFlags.Refused });
                isBroken = true;
                continue;
            }

            session.Taken++;
            if (previous is null)
            {
                Line(task);
            }
            else
            {
                task.State = EngineTaskState.Chained;
                task.ChainPrevious = previous;
                previous.ChainNext = task;
            }

            previous = task;
        }
    }

    // Puts a task in the queue of its session; those that only wait go first of all.
    private void Line(EngineTask task)
    {
        task.State = EngineTaskState.Pending;
        if (task.Rule.Has(OperationUses.Waits) || (task.File is { IsStorage: false } && task.Rule.Data is OperationData.In or OperationData.Out or OperationData.Vectors))
        {
            _prompt.Enqueue((task, task.Generation));
            return;
        }

        task.Session.Enqueue(task);
        Line(task.Session);
    }

    private void Line(EngineSession session)
    {
        if (session.IsQueued)
            return;
        session.IsQueued = true;
        session.Deficit = 0;
        session.IsInTurn = false;
        _queue.AddLast(session.QueueNode);
    }

    private EngineTask? Take(EngineSession session, in RingsSubmission entry, byte* data, int dataLength, bool isFromRing, long now, out Errno error)
    {
        if ((int)entry.Operation >= OperationRule.All.Length || (Operations & (1UL << (int)entry.Operation)) == 0)
        {
            error = Errno.EOPNOTSUPP;
            return null;
        }

        var rule = OperationRule.All[(int)entry.Operation];
        error = Form(entry, rule);
        if (error != Errno.None)
            return null;
        var credits = rule.Has(OperationUses.Free) ? 0 : 1;
        if (credits > 0 && (session.CreditsUsed >= _limits.Credits || !session.User.TryTake(credits, 0, _options)))
        {
            error = Errno.EAGAIN;
            return null;
        }

        var task = Rent(session, entry, rule, isFromRing, now);
        error = Fit(session, task, data, dataLength);
        var isOverBytes = _options.PerClientBytes > 0 && task.Bytes > 0 && session.Bytes + task.Bytes > _options.PerClientBytes;
        if (error == Errno.None && (isOverBytes || !session.User.TryTake(0, task.Bytes, _options)))
            error = Errno.EAGAIN;
        if (error != Errno.None)
        {
            session.User.Give(credits, 0, _options);
            LetGo(task);
            Return(task);
            return null;
        }

        session.CreditsUsed += credits;
        session.Bytes += task.Bytes;
        session.Link(task);
        if (entry.DeadlineNsec != 0)
            task.DeadlineAt = now + Stamps(entry.DeadlineNsec);
        if (_taskLimit > 0)
            task.DeadlineAt = Math.Min(task.DeadlineAt, now + _taskLimit);
        if (task.DeadlineAt != long.MaxValue)
            _times.Update(task);

        return task;
    }

    private EngineTask Rent(EngineSession session, in RingsSubmission entry, OperationRule rule, bool isFromRing, long now)
    {
        if (!_freeTasks.TryPop(out var task))
        {
            task = new EngineTask(_tasks.Count);
            _tasks.Add(task);
        }

        task.Generation++;
        task.State = EngineTaskState.Pending;
        task.Session = session;
        task.Entry = entry;
        task.Rule = rule;
        task.IsFromRing = isFromRing;
        task.Data = null;
        task.Output = null;
        task.Block = default;
        task.PayloadAt = -1;
        task.File = null;
        task.SecondFile = null;
        task.NewFile = null;
        task.Regions = 0;
        task.ChainFile = 0;
        task.ChainNext = null;
        task.ChainPrevious = null;
        task.Follower = null;
        task.Bytes = 0;
        task.Cost = 0;
        task.KernelBytes = -1;
        task.IsCounted = false;
        task.TakenAt = now;
        task.StartedAt = 0;
        task.DeadlineAt = long.MaxValue;
        task.TickAt = long.MaxValue;
        task.Ticks = 0;
        task.EndReason = 0;
        task.IsKernelMultishot = false;
        task.Slice = 0;
        task.Shots = entry.Shots;
        task.ClosingDescriptor = -1;
        return task;
    }

    private void Return(EngineTask task)
    {
        task.State = EngineTaskState.Free;
        task.Session = null!;
        _freeTasks.Push(task);
    }
}
