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
        var isOverCredits = session.CreditsUsed >= _limits.Credits || (_options.PerUserCredits > 0 && session.User.Credits >= _options.PerUserCredits);
        if (isOverCredits && !rule.Has(OperationUses.Free))
        {
            error = Errno.EAGAIN;
            return null;
        }

        var task = Rent(session, entry, rule, isFromRing, now);
        error = Fit(session, task, data, dataLength);
        if (error == Errno.None && IsOverBytes(session, task.Bytes))
            error = Errno.EAGAIN;
        if (error != Errno.None)
        {
            LetGo(task);
            Return(task);
            return null;
        }

        if (!rule.Has(OperationUses.Free))
        {
            session.CreditsUsed++;
            session.User.Credits++;
        }

        session.Bytes += task.Bytes;
        session.User.Bytes += task.Bytes;
        session.Link(task);
        if (entry.DeadlineNsec != 0)
            task.DeadlineAt = now + Stamps(entry.DeadlineNsec);
        if (_taskLimit > 0)
            task.DeadlineAt = Math.Min(task.DeadlineAt, now + _taskLimit);
        if (task.DeadlineAt != long.MaxValue)
            _times.Update(task);

        return task;
    }

    private bool IsOverBytes(EngineSession session, long bytes) => bytes > 0
        && ((_options.PerClientBytes > 0 && session.Bytes + bytes > _options.PerClientBytes) || (_options.PerUserBytes > 0 && session.User.Bytes + bytes > _options.PerUserBytes));

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

    // What depends on nothing but the record.
    private static Errno Form(in RingsSubmission entry, OperationRule rule)
    {
        var isMultishot = (entry.Flags & RingsEntryFlags.Multishot) != 0;
        var hasData = rule.Data != OperationData.None;
        var isSound = (entry.Flags & ~RingsEntryFlags.All) == 0
            && (rule.Has(OperationUses.File) || entry.File == 0)
            && (rule.Has(OperationUses.Offset) || entry.Offset == 0)
            && (hasData || (entry.Region == 0 && entry.Address == 0))
            && (hasData || rule.Has(OperationUses.Length) || entry.Length == 0)
            && (rule.Has(OperationUses.Argument0) || entry.Argument0 == 0)
            && (rule.Has(OperationUses.Argument1) || entry.Argument1 == 0)
            && (!isMultishot || (rule.Has(OperationUses.Multishot) && entry.Shots > 0 && (entry.Flags & Links) == 0))
            && (isMultishot || entry.Shots == 0);
        return isSound ? Errno.None : Errno.EINVAL;
    }

    private Errno Fit(EngineSession session, EngineTask task, byte* data, int dataLength)
    {
        ref readonly var entry = ref task.Entry;
        var rule = task.Rule;
        var error = Arguments(entry, rule);
        if (error == Errno.None)
            error = TakeFiles(session, task);
        if (error == Errno.None)
            error = TakeData(session, task, data, dataLength);
        if (error == Errno.None && _roots.Count > 0 && rule.Has(OperationUses.Root) && rule.Data != OperationData.None)
            error = Confine(task);
        if (error == Errno.None && rule.Has(OperationUses.MakesFile) && (entry.Flags & RingsEntryFlags.Multishot) == 0)
            error = KeepSlot(session, task);
        if (error != Errno.None)
            return error;
        task.Cost = OperationCost + Math.Min(MostCost, task.Bytes);
        return Errno.None;
    }

    private static Errno KeepSlot(EngineSession session, EngineTask task)
    {
        task.NewFile = session.FreeFile();
        if (task.NewFile is null)
            return Errno.EMFILE;
        task.NewFile.Take();
        task.NewFile.Users++;
        session.CountFile(1);
        return Errno.None;
    }

    private static Errno Arguments(in RingsSubmission entry, OperationRule rule)
    {
        if ((entry.OperationFlags & ~rule.Flags) != 0)
            return Errno.EINVAL;
        var isSound = entry.Operation switch
        {
            RingsOperation.Timeout => entry.Argument0 > 0,
            RingsOperation.Cancel => (entry.OperationFlags & 2) != 0 ? entry.File != 0 && entry.Argument0 == 0 && entry.OperationFlags == 2 : entry.File == 0,
            RingsOperation.Open => entry.Argument1 <= 0xFFF,
            RingsOperation.MakeDirectory => entry.Argument1 <= 0xFFF,
            RingsOperation.Splice => entry.Length is > 0 and <= RingsWire2.MaxTransfer,
            RingsOperation.Receive => ((entry.Flags & RingsEntryFlags.Multishot) != 0) == (entry.Argument0 != 0) && entry.Argument0 <= entry.Length,
            RingsOperation.Shutdown => entry.OperationFlags <= 2,
            RingsOperation.Poll => entry.OperationFlags != 0,
            RingsOperation.FutexWait or RingsOperation.FutexWake => entry.Length is 0 or 4 && entry.Argument0 <= uint.MaxValue,
            RingsOperation.Accept => (entry.Flags & RingsEntryFlags.Multishot) == 0 || entry.Length == 0,
            RingsOperation.Grant => entry.Argument1 > 0,
            _ => true,
        };
        if (!isSound)
            return Errno.EINVAL;
        var (least, most) = rule.Data switch
        {
            OperationData.In or OperationData.Out => (1u, RingsWire2.MaxTransfer),
            OperationData.Vectors => (1u, (uint)RingsWire2.MaxVectors),
            OperationData.Path => (2u, (uint)RingsWire2.MaxPath),
            OperationData.TwoPaths => (4u, 2u * RingsWire2.MaxPath),
            OperationData.StatxPath => (0u, (uint)RingsWire2.MaxPath),
            OperationData.GetAttribute => (2u, 256u),
            OperationData.SetAttribute => (2u, (uint)RingsWire2.MaxInline),
            OperationData.Address => (2u, (uint)RingsWire2.MaxAddress),
            OperationData.AddressOut => (0u, (uint)RingsWire2.MaxAddress),
            _ => (0u, uint.MaxValue),
        };
        if (entry.Length < least || entry.Length > most || (entry.Region == 0 && entry.Length > RingsWire2.MaxInline && rule.Data != OperationData.None))
            return Errno.EINVAL;
        return rule.Data == OperationData.GetAttribute && entry.Argument1 is 0 or > RingsWire2.MaxInline ? Errno.EINVAL : Errno.None;
    }

    private static Errno TakeFiles(EngineSession session, EngineTask task)
    {
        ref readonly var entry = ref task.Entry;
        if (entry.Operation is RingsOperation.Cancel or RingsOperation.Grant || !task.Rule.Has(OperationUses.File))
            return Errno.None;
        if (entry.File == 0 && !task.Rule.Has(OperationUses.Root))
            return Errno.EBADF;
        if (entry.File is not 0 and not RingsWire2.FileOfChain && (task.File = session.FindFile(entry.File)) is null)
            return Errno.EBADF;
        var hasSecond = entry.Operation is RingsOperation.Splice || (entry.Operation is RingsOperation.Rename or RingsOperation.Link && entry.Argument1 != 0);
        if (hasSecond && (task.SecondFile = session.FindFile(entry.Argument1)) is null)
        {
            task.File = null;
            return Errno.EBADF;
        }

        if (task.File is { } file)
            file.Users++;
        if (task.SecondFile is { } second)
            second.Users++;
        return Errno.None;
    }

    // An address in a region, or null with the reason. The region is in use by the task from now on.
    private static byte* InRegion(EngineSession session, EngineTask task, ushort id, ulong address, ulong length, bool isWritten, ref Errno error)
    {
        if (session.FindRegion(id) is not { } region)
        {
            error = Errno.ENOENT;
            return null;
        }

        error = isWritten && !region.IsWritable ? Errno.EACCES : region.Holds(address, length) ? Errno.None : Errno.EFAULT;
        if (error != Errno.None)
            return null;
        if ((task.Regions & (1UL << region.Slot)) == 0)
        {
            task.Regions |= 1UL << region.Slot;
            region.Users++;
        }

        return region.Base + address;
    }

    private Errno TakeData(EngineSession session, EngineTask task, byte* data, int dataLength)
    {
        ref readonly var entry = ref task.Entry;
        var error = Errno.None;
        var kind = task.Rule.Data;
        var isOut = kind is OperationData.Out or OperationData.AddressOut;
        if (kind == OperationData.None)
        {
            task.Bytes = entry.Operation == RingsOperation.Splice ? entry.Length : 0;
            return Errno.None;
        }

        if (kind == OperationData.Futex)
        {
            if (entry.Region == 0)
                return Errno.ENOENT;
            task.Data = InRegion(session, task, entry.Region, entry.Address, 4, isWritten: false, ref error);
            return error == Errno.None && entry.Address % 4 != 0 ? Errno.EFAULT : error;
        }

        // Where the bytes the client gives begin. READV and WRITEV count vectors.
        var bytes = kind == OperationData.Vectors ? (ulong)entry.Length * RingsWire2.VectorSize : entry.Length;
        byte* source = null;
        if (entry.Region != 0 && (entry.Length > 0 || isOut))
        {
            source = InRegion(session, task, entry.Region, entry.Address, bytes, isOut, ref error);
            if (error != Errno.None)
                return error;
        }
        else if (!isOut && entry.Length > 0)
        {
            if (task.IsFromRing)
                return Errno.EINVAL;
            if (entry.Address > (ulong)dataLength || bytes > (ulong)dataLength - entry.Address)
                return Errno.EFAULT;
            source = data + entry.Address;
        }
        else if (entry.Region == 0 && entry.Address != 0)
        {
            return Errno.EINVAL;
        }

        switch (kind)
        {
            case OperationData.In:
                task.Bytes = entry.Length;
                task.Data = source;
                if (entry.Region == 0)
                    task.Data = Keep(task, source, (int)entry.Length, 0);
                return Errno.None;
            case OperationData.Out:
                task.Bytes = entry.Length;
                task.Data = source;
                return entry.Region == 0 ? InlineRoom(task, (int)entry.Length) : Errno.None;
            case OperationData.AddressOut:
                task.Output = source;
                return entry.Region == 0 && entry.Length > 0 ? Errno.EINVAL : Errno.None;
            case OperationData.Vectors:
                return TakeVectors(session, task, source);
            case OperationData.Address:
                task.Data = Keep(task, source, (int)entry.Length, 0);
                return Errno.None;
            default:
                return TakeNames(session, task, source);
        }
    }

    private Errno InlineRoom(EngineTask task, int length)
    {
        if (task.IsFromRing || (task.Entry.Flags & RingsEntryFlags.Multishot) != 0)
            return Errno.EINVAL;
        task.Block = _blocks.Rent(length);
        task.Data = task.Block.Pointer;
        task.PayloadAt = 0;
        return Errno.None;
    }

    // Copies what the client gave, with room behind it.
    private byte* Keep(EngineTask task, byte* source, int length, int room)
    {
        task.Block = _blocks.Rent(length + room);
        Unsafe.CopyBlockUnaligned(task.Block.Pointer, source, (uint)length);
        return task.Block.Pointer;
    }

    private Errno TakeVectors(EngineSession session, EngineTask task, byte* source)
    {
        var count = (int)task.Entry.Length;
        var isWritten = task.Entry.Operation == RingsOperation.ReadVector;

        var error = Errno.None;
        task.Block = _blocks.Rent(count * sizeof(Pentode.Linux.IoVector));
        var vectors = (Pentode.Linux.IoVector*)task.Block.Pointer;
        ulong total = 0;
        for (var i = 0; i < count; i++)
        {
            var vector = Unsafe.ReadUnaligned<RingsVector>(source + (i * RingsWire2.VectorSize));
            total += vector.Length;
            if (vector.Reserved != 0 || vector.Region == 0 || total > RingsWire2.MaxTransfer)
                return Errno.EINVAL;
            vectors[i].Base = InRegion(session, task, vector.Region, vector.Address, vector.Length, isWritten, ref error);
            if (error != Errno.None)
                return error;
            vectors[i].Length = vector.Length;
        }

        task.Data = task.Block.Pointer;
        task.Bytes = (long)total;
        return total == 0 ? Errno.EINVAL : Errno.None;
    }
}
