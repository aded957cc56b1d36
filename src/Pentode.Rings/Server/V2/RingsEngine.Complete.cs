using System.Diagnostics;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Operations on their way back: results, what they held, what comes behind them.</content>
internal sealed unsafe partial class RingsEngine
{
    private const ulong StatusKnown = 1UL << 32;

    private void OnKernel(EngineTask task, int result, bool hasMore)
    {
        var session = task.Session;
        if (!hasMore)
        {
            _kernelTasks--;
            Release(task);
            if (task.File?.Turns is { } turns && IsTransfer(task) && turns.Leave(IsWrite(task)) is { } next)
                Line(next);
        }

        Activate(session);
        var reason = task.EndReason;
        if (result is -(int)Errno.ECANCELED or -(int)Errno.EINTR && reason > 0)
            result = -reason;
        ulong extra = 0;
        switch (task.Entry.Operation)
        {
            case RingsOperation.Read or RingsOperation.ReadVector:
                session.BytesRead += Math.Max(0, result);
                break;
            case RingsOperation.Write or RingsOperation.WriteVector or RingsOperation.Send:
                session.BytesWritten += Math.Max(0, result);
                break;
            case RingsOperation.Open or RingsOperation.Socket or RingsOperation.Accept:
                if (task.Entry.Operation == RingsOperation.Accept && task.Output != null && result >= 0)
                    extra = *(uint*)task.Control;
                result = Install(session, task, result);
                break;
            case RingsOperation.Close when result == -(int)Errno.ECANCELED:
                CloseDescriptor(task.ClosingDescriptor);
                break;
            case RingsOperation.WaitId when result >= 0:
                result = 0;
                if (SharedMemory.ExitStatus(task.File!.Descriptor) is >= 0 and var status)
                    extra = StatusKnown | (ulong)status;
                break;
            case RingsOperation.Receive:
                session.BytesRead += Math.Max(0, result);
                if (result >= 0 && task.Entry.Region != 0)
                    extra = task.Entry.Address + task.Slice;
                break;
            default:
                break;
        }

        if (hasMore || ((task.Entry.Flags & RingsEntryFlags.Multishot) != 0 && !session.IsGone))
            Shot(task, result, extra, hasMore);
        else
            Complete(task, result, extra);
    }

    // Gives its room in the kernel to others.
    private void Release(EngineTask task)
    {
        Uncount(task);
        if (!task.IsCounted)
            return;
        task.IsCounted = false;
        task.Session.KernelOperations--;
        if (task.Session.QueueFirst is not null)
            Line(task.Session);
    }

    private int Install(EngineSession session, EngineTask task, int result)
    {
        var file = task.NewFile!;
        task.NewFile = null;
        file.Users--;
        if (result >= 0 && !session.IsGone)
        {
            if (task.Entry.Operation == RingsOperation.Open && (task.Entry.Argument0 & (NonBlockFlag | PathOnlyFlag)) == 0)
                _ = TreeCalls.SetStatusFlags(result, (int)(task.Entry.Argument0 & KnownOpenFlags));
            file.Fill(result, FileNature.Of(result), task.Entry.Operation == RingsOperation.Open);
            task.ChainFile = file.Id;
            return (int)file.Id;
        }

        if (result >= 0)
        {
            CloseDescriptor(result);
            result = -(int)Errno.ECANCELED;
        }

        FreeFile(session, file);
        return result;
    }

    private static bool IsShort(EngineTask task, int result) =>
        task.Entry.Operation is RingsOperation.Read or RingsOperation.Write or RingsOperation.ReadVector or RingsOperation.WriteVector or RingsOperation.Splice
        && result != task.Bytes;

    // The end of an operation: its completion, what it held, what comes behind it.
    private void Complete(EngineTask task, int result, ulong extra)
    {
        var session = task.Session;
        var isEndedWell = result >= 0 && !IsShort(task, result);
        var next = task.ChainNext;
        var links = task.Entry.Flags & Links;
        var made = task.ChainFile;
        var previous = task.ChainPrevious;
        if (previous is not null)
            previous.ChainNext = null;
        if (task.IsInQueue)
            session.Dequeue(task);
        task.DeadlineAt = task.TickAt = long.MaxValue;
        _times.Remove(task);
        if (result < 0)
            session.Failed++;
        if (task.StartedAt != 0 && !task.Rule.Has(OperationUses.Waits))
            session.Totals.Add(task.TakenAt, Stopwatch.GetTimestamp());
        session.Bytes -= task.Bytes;
        session.User.Give(task.Rule.Has(OperationUses.Free) ? 0 : 1, task.Bytes, _options);
        PostLast(task, result, extra);
        LetGo(task);
        session.Unlink(task);
        Return(task);
        if (next is null)
            return;
        next.ChainPrevious = null;
        if (!isEndedWell && (links & RingsEntryFlags.HardLink) == 0)
        {
            next.Entry.Flags &= ~RingsEntryFlags.HardLink;
            Complete(next, -(int)Errno.ECANCELED, 0);
            return;
        }

        next.ChainFile = made;
        if (previous is null)
        {
            Line(next);
            return;
        }

        // It was ended before its turn: the next one takes its place.
        previous.ChainNext = next;
        next.ChainPrevious = previous;
    }

    private void PostLast(EngineTask task, int result, ulong extra)
    {
        var session = task.Session;
        var takesCredit = !task.Rule.Has(OperationUses.Free);
        if (session.IsGone || ((task.Entry.Flags & RingsEntryFlags.Quiet) != 0 && result >= 0))
        {
            if (takesCredit)
                session.CreditsUsed--;
            return;
        }

        var record = new RingsCompletionRecord { UserData = task.Entry.UserData, Result = result, Extra = extra };
        var block = default(EngineBlock);
        var length = 0;
        if (task.PayloadAt >= 0 && result >= 0)
        {
            length = task.Entry.Operation == RingsOperation.Statx ? RingsWire2.StatxSize : result;
            record.Flags = RingsCompletionFlags.Payload;
            block = task.Block;
            task.Block = default;
        }

        Post(session, task.IsFromRing, record, block, task.PayloadAt, length, takesCredit);
    }

    private void PostMore(EngineTask task, int result, ulong extra) =>
        Post(task.Session, task.IsFromRing, new RingsCompletionRecord { UserData = task.Entry.UserData, Result = result, Extra = extra, Flags = RingsCompletionFlags.More });

    private void Post(EngineSession session, bool isFromRing, RingsCompletionRecord record, EngineBlock block = default, int payloadAt = 0, int length = 0, bool returnsCredit = false)
    {
        session.Completions++;
        Activate(session);
        if (isFromRing)
        {
            session.RingReady.Enqueue(record);
            session.RingCredits.Enqueue(returnsCredit);
        }
        else
        {
            session.SocketReady.Enqueue(new EngineReady(record, block, payloadAt, length, returnsCredit));
        }
    }

    // Gives back what an operation held.
    private void LetGo(EngineTask task)
    {
        var session = task.Session;
        LetGo(session, task.File);
        LetGo(session, task.SecondFile);
        task.File = task.SecondFile = null;
        if (task.NewFile is { } made)
        {
            made.Users--;
            FreeFile(session, made);
            task.NewFile = null;
        }

        for (; task.Regions != 0; task.Regions &= task.Regions - 1)
            session.Regions[System.Numerics.BitOperations.TrailingZeroCount(task.Regions)]!.Users--;
        _blocks.Return(task.Block);
        task.Block = default;
    }

    private void LetGo(EngineSession session, EngineFile? file)
    {
        if (file is null)
            return;
        file.Users--;
        if (file is { Users: 0, IsClosing: true })
            FreeFile(session, file);
    }
}
