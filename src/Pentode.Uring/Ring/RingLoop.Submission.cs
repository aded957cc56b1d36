using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;

namespace Pentode.Uring.Ring;

/// <content>Filling, submitting, waiting and taking completions.</content>
public sealed unsafe partial class RingLoop
{
    private const int StopPollMs = 10;
    private const long LongestWaitMs = 3_600_000;

    // Completions other than sends that end a pause early: work that need not wait for more requests.
    private const uint PauseBreak = 8;

    // Never fails: a full queue is submitted first, and completions in the way are set aside.
    private SubmissionEntry* NextEntry()
    {
        while (true)
        {
            var entry = _ring.TryNext();
            if (entry != null)
                return entry;
            var result = _ring.Enter(0, 0, null);
            if (result >= 0 || result == -(int)Errno.EINTR)
                continue;
            SetAside();
            _ = _ring.Enter(0, RingConstants.EnterGetEvents, null);
        }
    }

    // Makes room in the completion ring from inside an operation's start, where no callback may run.
    private void SetAside()
    {
        Span<CompletionEntry> some = stackalloc CompletionEntry[64];
        int count;
        while ((count = _ring.Take(some)) > 0)
        {
            for (var i = 0; i < count; i++)
                _backlog.Enqueue(some[i]);
        }
    }

    private void SubmitAndWait()
    {
        if (!_isWakeArmed && (!_isStopping || PendingOperations > 0))
            ArmWake();
        var wait = WaitMs();
        _wasHeld = _held.Count > 0;
        if (_wasHeld)
        {
            // Replies leave now; what arrives meanwhile is read together afterwards.
            if (wait != 0 && !_isStopping)
                Pause();
            ReleaseHeld();
        }

        Enter(wait);
        TakeBatch();

        // Only when all that was filled has been submitted and every completion is in the batch does silence mean success.
        var isComplete = _ring.Unsubmitted == 0 && _backlog.Count == 0 && _ring.Completed == 0 && !_ring.HasOverflow;
        _lazyEnded = isComplete ? _lazy.Count : 0;
    }

    // EINTR, ETIME, EBUSY and EAGAIN all mean the same in these calls: take what is there and come back. What was not submitted stays
    // queued, because the count to submit is always computed from the kernel's head.
    private void Pause()
    {
        var argument = default(EnterArgument);
        var timeout = new KernelTimespec { Nanoseconds = _tuner.WaitUsec * 1000L };
        argument.Timeout = (ulong)&timeout;
        _ = _ring.Enter(_sends + PauseBreak, RingConstants.EnterGetEvents, &argument);
        _sends = 0;
    }

    private void Enter(long wait)
    {
        var argument = default(EnterArgument);
        var timeout = default(KernelTimespec);
        uint minimum = 0;
        if (wait != 0)
        {
            minimum = 1;
            if (wait == long.MaxValue)
                wait = LongestWaitMs;
            timeout.Seconds = wait / 1000;
            timeout.Nanoseconds = wait % 1000 * 1_000_000;
            argument.Timeout = (ulong)&timeout;
        }

        _sends = 0;
        _ = _ring.Enter(minimum, RingConstants.EnterGetEvents, &argument);
    }

    private void ReleaseHeld()
    {
        foreach (var ticket in _held)
        {
            var index = _slots.Find(ticket);
            if (index < 0)
                continue;
            if (_slots[index].IsCancelled)
            {
                var completion = _slots[index].Completion!;
                _slots.Return(index);
                CompleteLater(completion, -(int)Errno.ECANCELED);
                continue;
            }

            Submit(index, mayHold: false);
        }

        _held.Clear();
    }

    private void TakeBatch()
    {
        _batchNext = 0;
        _batchCount = 0;
        while (_batchCount < MaxPerTurn && _backlog.TryDequeue(out var entry))
            _batch[_batchCount++] = entry;
        if (_backlog.Count == 0)
            _batchCount += _ring.Take(_batch.AsSpan(_batchCount));
    }

    // Patient sends that reported no failure have succeeded: they are tried while they are submitted and never wait.
    private void EndLazy()
    {
        for (var i = 0; i < _lazyEnded; i++)
        {
            var index = _slots.Find(_lazy[i]);
            if (index >= 0 && _slots[index].IsLazy)
                Finish(index, (int)_slots[index].Remaining);
        }

        _lazy.RemoveRange(0, _lazyEnded);
        _lazyEnded = 0;
    }

    // Milliseconds the loop may sleep: 0 when local work waits.
    private long WaitMs()
    {
        if (_ready.Count > 0 || _backlog.Count > 0 || _batchNext < _batchCount || _turnEnds.Count > 0)
            return 0;
        if (!_posted.IsEmpty || !_finished.IsEmpty || _ring.Completed > 0 || _ring.HasOverflow)
            return 0;
        if (_isStopping)
            return StopPollMs;
        if (Volatile.Read(ref _stopRequested) != 0)
            return 0;
        if (_timerCount == 0)
            return long.MaxValue;
        var deadline = _timers.NextDeadline;
        return deadline == long.MaxValue ? long.MaxValue : Math.Max(0, deadline - MonotonicMs());
    }

    private void ArmWake()
    {
        var entry = NextEntry();
        entry->Opcode = RingConstants.OpRead;
        entry->Descriptor = _wakeFd;
        entry->Address = (ulong)_wakeBuffer;
        entry->Length = 8;
        entry->UserData = WakeTag;
        _isWakeArmed = true;
    }

    private void SubmitCancel(ulong ticket)
    {
        var entry = NextEntry();
        entry->Opcode = RingConstants.OpAsyncCancel;
        entry->Descriptor = -1;
        entry->Address = ticket;
        entry->UserData = IgnoreTag;
    }

    // Repeated every turn of the stop, since a request between two stages can slip past one cancel.
    private void CancelEverything()
    {
        for (var i = 0; i < _slots.Made; i++)
        {
            if (_slots[i].Kind == RingOperation.None)
                continue;
            _slots[i].IsCancelled = true;
            SubmitCancel(_slots.TicketOf(i));
        }
    }

    // Fills the entry of a slot from its state; used for the first submission and every continuation.
    private void Submit(int index, bool mayHold = true)
    {
        ref var slot = ref _slots[index];
        if (mayHold && _canCoalesce && slot.Kind == RingOperation.Receive && !slot.IsPolling && slot.Flags == 0 && _tuner.WaitUsec > 0 && !_isStopping)
        {
            _held.Add(_slots.TicketOf(index));
            return;
        }

        var entry = NextEntry();
        entry->UserData = _slots.TicketOf(index);
        entry->Descriptor = slot.Descriptor;
        if (slot.IsPolling)
        {
            entry->Opcode = RingConstants.OpPollAdd;
            entry->OperationFlags = slot.Kind is RingOperation.Receive or RingOperation.Read or RingOperation.Accept
                ? RingConstants.PollIn
                : RingConstants.PollOut;
            return;
        }

        entry->Address = (ulong)slot.Address;
        entry->Length = (uint)slot.Remaining;
        entry->OperationFlags = slot.Flags;
        if (slot.IsLazy)
        {
            entry->Flags = RingConstants.EntrySkipSuccess;
            entry->OperationFlags |= RingConstants.MsgDontWait;
            _lazy.Add(entry->UserData);
        }
        switch (slot.Kind)
        {
            case RingOperation.Receive:
                entry->Opcode = RingConstants.OpReceive;
                break;
            case RingOperation.Send:
                entry->Opcode = RingConstants.OpSend;
                _sends += slot.IsLazy ? 0u : 1u;
                break;
            case RingOperation.SendVectored:
                entry->Opcode = RingConstants.OpSendMessage;
                _sends += slot.IsLazy ? 0u : 1u;
                entry->Address = (ulong)&slot.Sidecar->Message;
                entry->Length = 1;
                break;
            case RingOperation.Read:
                entry->Opcode = RingConstants.OpRead;
                entry->Offset = (ulong)slot.Offset;
                break;
            case RingOperation.Write:
                entry->Opcode = RingConstants.OpWrite;
                entry->Offset = (ulong)slot.Offset;
                break;
            case RingOperation.Fsync:
                entry->Opcode = RingConstants.OpFsync;
                break;
            case RingOperation.Fallocate:
                entry->Opcode = RingConstants.OpFallocate;
                entry->Offset = (ulong)slot.Offset;
                entry->Address = (ulong)slot.Remaining;
                entry->Length = slot.Flags;
                entry->OperationFlags = 0;
                break;
            case RingOperation.Poll:
                entry->Opcode = RingConstants.OpPollAdd;
                break;
            case RingOperation.Connect:
                entry->Opcode = RingConstants.OpConnect;
                entry->Address = (ulong)slot.Sidecar->Address;
                entry->Offset = (ulong)slot.Remaining;
                entry->Length = 0;
                break;
            default:
                entry->Opcode = RingConstants.OpAccept;
                entry->OperationFlags = RingConstants.SockCloseOnExec;
                entry->IoPriority = _isAcceptMultishot ? RingConstants.AcceptMultishot : (ushort)0;
                entry->Address = 0;
                entry->Length = 0;
                break;
        }
    }
}
