using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;

namespace Pentode.Uring.Ring;

/// <content>What a completion entry means: done, to be continued, or accepted.</content>
public sealed unsafe partial class RingLoop
{
    private const int AcceptBackoffMs = 50;

    /// <inheritdoc/>
    public override void Accept(int listener, IAcceptSink sink)
    {
        var index = _isStopping || _accepts.ContainsKey(listener) ? -1 : _slots.TryRent(RingOperation.Accept);
        if (index < 0)
            throw new InvalidOperationException("the listener is in use already, or the loop is stopping or full");
        ref var slot = ref _slots[index];
        slot.Sink = sink;
        slot.Descriptor = listener;
        _accepts[listener] = _slots.TicketOf(index);
        Submit(index);
    }

    /// <inheritdoc/>
    public override void StopAccepting(int listener)
    {
        if (!_accepts.TryGetValue(listener, out var ticket))
            return;
        var index = _slots.Find(ticket);
        if (index < 0)
            return;
        _slots[index].IsCancelled = true;
        SubmitCancel(ticket);
    }

    internal void OnAcceptRetry(ulong ticket)
    {
        var index = _slots.Find(ticket);
        if (index < 0)
            return;
        if (_isStopping || _slots[index].IsCancelled)
            EndAccept(index, _isStopping ? -(int)Errno.ECANCELED : 0);
        else
            Submit(index);
    }

    private void Dispatch(in CompletionEntry entry)
    {
        if (entry.UserData == WakeTag)
        {
            _isWakeArmed = false;
            return;
        }

        if (entry.UserData == IgnoreTag)
            return;
        var index = _slots.Find(entry.UserData);
        if (index < 0)
            return;
        ref var slot = ref _slots[index];
        if (slot.Kind == RingOperation.Accept)
        {
            OnAccept(index, entry.Result, (entry.Flags & RingConstants.CompletionMore) != 0);
            return;
        }

        slot.IsLazy = false;
        var result = entry.Result;
        if (slot.IsPolling)
        {
            slot.IsPolling = false;
            if (result >= 0)
            {
                Resume(index);
                return;
            }
        }

        switch (slot.Kind)
        {
            case RingOperation.Receive:
            case RingOperation.Send:
            case RingOperation.SendVectored:
            case RingOperation.Read:
                if (Continue(index, ref result))
                    return;
                break;
            default:
                if (result == -(int)Errno.EINTR || (result == -(int)Errno.EAGAIN && slot.Kind is RingOperation.Connect or RingOperation.Write))
                {
                    slot.IsPolling = result == -(int)Errno.EAGAIN;
                    Resume(index);
                    return;
                }

                break;
        }

        Finish(index, result);
    }

    // Goes on with an operation unless it was cancelled in between.
    private void Resume(int index)
    {
        if (_slots[index].IsCancelled || _isStopping)
            Finish(index, -(int)Errno.ECANCELED);
        else
            Submit(index);
    }

    // True when the operation goes on; otherwise the result is final.
    private bool Continue(int index, ref int result)
    {
        ref var slot = ref _slots[index];
        if (result == -(int)Errno.EINTR || result == -(int)Errno.EAGAIN)
        {
            slot.IsPolling = result == -(int)Errno.EAGAIN;
            Resume(index);
            return true;
        }

        if (result < 0)
            return false;
        slot.Done += result;
        var isWhole = slot.Kind != RingOperation.Receive || (slot.Flags & RingConstants.MsgWaitAll) != 0;
        if (result > 0 && isWhole && result < slot.Remaining)
        {
            slot.Remaining -= result;
            slot.Address += result;
            slot.Offset += result;
            if (slot.Kind == RingOperation.SendVectored)
                Advance(slot.Sidecar, result);
            Resume(index);
            return true;
        }

        result = (int)Math.Min(slot.Done, int.MaxValue);
        return false;
    }

    private static void Advance(RingSidecar* sidecar, int sent)
    {
        var vectors = sidecar->Message.Vectors;
        var left = (nuint)sent;
        while (sidecar->Message.VectorCount > 0 && left >= vectors->Length)
        {
            left -= vectors->Length;
            vectors++;
            sidecar->Message.VectorCount--;
        }

        if (sidecar->Message.VectorCount > 0)
        {
            vectors->Base += left;
            vectors->Length -= left;
        }

        sidecar->Message.Vectors = vectors;
    }

    private void Finish(int index, int result)
    {
        var completion = _slots[index].Completion!;
        _slots.Return(index);
        Deliver(completion, result);
    }

    private void OnAccept(int index, int result, bool hasMore)
    {
        ref var slot = ref _slots[index];
        var sink = slot.Sink!;
        if (slot.IsPolling)
        {
            slot.IsPolling = false;
            if (result >= 0)
                result = -(int)Errno.EINTR;
        }

        if (hasMore)
        {
            if (result >= 0)
                Accepted(sink, result);
            return;
        }

        if (result < 0)
        {
            AcceptFailed(index, (Errno)(-result));
            return;
        }

        if (!slot.IsCancelled && !_isStopping)
        {
            Submit(index);
            Accepted(sink, result);
            return;
        }

        Accepted(sink, result);
        EndAccept(index, _isStopping ? -(int)Errno.ECANCELED : 0);
    }

    private void AcceptFailed(int index, Errno error)
    {
        ref var slot = ref _slots[index];
        if (slot.IsCancelled || _isStopping)
        {
            EndAccept(index, _isStopping ? -(int)Errno.ECANCELED : 0);
            return;
        }

        switch (error)
        {
            case Errno.ENFILE or Errno.EMFILE or Errno.ENOBUFS or Errno.ENOMEM:
                AddTimer(AcceptBackoffMs, new RingAcceptRetry(this, _slots.TicketOf(index)));
                break;
            case Errno.EAGAIN:
                slot.IsPolling = true;
                Submit(index);
                break;
            case Errno.EINVAL when _isAcceptMultishot:
                // Kernels before 5.19 know only single accepts.
                _isAcceptMultishot = false;
                Submit(index);
                break;
            case Errno.EBADF or Errno.EINVAL or Errno.ENOTSOCK or Errno.EOPNOTSUPP or Errno.EFAULT or Errno.EPERM or Errno.ECANCELED:
                EndAccept(index, -(int)error);
                break;
            default:
                // Errors of a connection that died before it was accepted (accept(2)): the next one may be well.
                Submit(index);
                break;
        }
    }

    private void EndAccept(int index, int result)
    {
        var sink = _slots[index].Sink!;
        _accepts.Remove(_slots[index].Descriptor);
        _slots.Return(index);
        AcceptEnded(sink, result);
    }
}
