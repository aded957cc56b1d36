using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;

namespace Pentode.Uring.Ring;

/// <content>Starting and cancelling operations.</content>
public sealed unsafe partial class RingLoop
{
    private const long MaxLazyBytes = 256 << 10;

    /// <inheritdoc/>
    public override void Connect(int socket, ReadOnlySpan<byte> address, IoCompletion completion)
    {
        if (address.Length > RingSidecar.MaxAddress)
        {
            CheckIdle(completion);
            CompleteLater(completion, -(int)Errno.EINVAL);
            return;
        }

        var index = Begin(RingOperation.Connect, socket, completion);
        if (index < 0)
            return;
        address.CopyTo(new Span<byte>(_slots.SidecarOf(index)->Address, RingSidecar.MaxAddress));
        _slots[index].Remaining = address.Length;
        Submit(index);
    }

    /// <inheritdoc/>
    public override void Receive(int socket, Memory<byte> buffer, IoCompletion completion, bool waitAll = false) =>
        Transfer(RingOperation.Receive, socket, buffer.Span, 0, waitAll ? RingConstants.MsgWaitAll : 0, completion);

    /// <inheritdoc/>
    public override void Send(int socket, ReadOnlyMemory<byte> buffer, IoCompletion completion) =>
        Transfer(RingOperation.Send, socket, buffer.Span, 0, RingConstants.MsgNoSignal | RingConstants.MsgWaitAll, completion);

    /// <inheritdoc/>
    public override void SendVectored(int socket, ReadOnlySpan<ReadOnlyMemory<byte>> parts, IoCompletion completion)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts.Length, RingSidecar.MaxParts);
        var index = Begin(RingOperation.SendVectored, socket, completion);
        if (index < 0)
            return;
        var sidecar = _slots.SidecarOf(index);
        var vectors = (IoVector*)sidecar->Vectors;
        long total = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var span = parts[i].Span;
            vectors[i].Base = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(span));
            vectors[i].Length = (nuint)span.Length;
            total += span.Length;
        }

        sidecar->Message = new MessageHeader { Vectors = vectors, VectorCount = (nuint)parts.Length };
        ref var slot = ref _slots[index];
        slot.Remaining = total;
        slot.IsLazy = IsLazy(completion, total);
        slot.Flags = RingConstants.MsgNoSignal | RingConstants.MsgWaitAll;
        Submit(index);
    }

    /// <inheritdoc/>
    public override void Read(int file, Memory<byte> buffer, long offset, IoCompletion completion) =>
        Transfer(RingOperation.Read, file, buffer.Span, offset, 0, completion);

    /// <inheritdoc/>
    public override void Write(int file, ReadOnlyMemory<byte> buffer, long offset, bool dataSync, IoCompletion completion) =>
        Transfer(RingOperation.Write, file, buffer.Span, offset, dataSync ? RingConstants.RwfDsync : 0, completion);

    /// <inheritdoc/>
    public override void Fsync(int file, bool dataOnly, IoCompletion completion) =>
        Simple(RingOperation.Fsync, file, 0, 0, dataOnly ? RingConstants.FsyncDataOnly : 0, completion);

    /// <inheritdoc/>
    public override void Fallocate(int file, int mode, long offset, long length, IoCompletion completion) =>
        Simple(RingOperation.Fallocate, file, offset, length, (uint)mode, completion);

    /// <inheritdoc/>
    public override void Poll(int descriptor, int events, IoCompletion completion) =>
        Simple(RingOperation.Poll, descriptor, 0, 0, (uint)events, completion);

    /// <inheritdoc/>
    public override void Delay(long milliseconds, IoCompletion completion)
    {
        CheckIdle(completion);
        if (_isStopping)
        {
            CompleteLater(completion, -(int)Errno.ECANCELED);
            return;
        }

        AddTimer(milliseconds, completion);
    }

    /// <inheritdoc/>
    public override void Cancel(IoCompletion completion)
    {
        var ticket = completion.Ticket;
        if (ticket == TimerTicket)
        {
            if (_timers.Remove(completion))
            {
                _timerCount--;
                CompleteLater(completion, -(int)Errno.ECANCELED);
            }

            return;
        }

        var index = ticket is 0 or JobTicket or ReadyTicket ? -1 : _slots.Find(ticket);
        if (index < 0)
            return;
        _slots[index].IsCancelled = true;
        SubmitCancel(ticket);
    }

    /// <inheritdoc/>
    public override void RunBlocking(Func<object?, int> job, object? state, IoCompletion completion)
    {
        CheckIdle(completion);
        if (_isStopping)
        {
            CompleteLater(completion, -(int)Errno.ECANCELED);
            return;
        }

        _workers ??= new WorkerPool(Options.Name, Options.WorkerThreads, Options.MaxQueuedJobs, error => OnFault(error, null));
        completion.Ticket = JobTicket;
        _jobs++;
        if (_workers.TryEnqueue(job, state, completion, _jobFinished))
            return;
        _jobs--;
        CompleteLater(completion, -(int)Errno.EAGAIN);
    }

    /// <inheritdoc/>
    public override void Close(int descriptor) => _ = FileCalls.Close(descriptor);

    private void CheckIdle(IoCompletion completion)
    {
        if (!IsCurrent)
            throw new InvalidOperationException("operations start on their loop only");
        if (completion.IsPending)
            throw new InvalidOperationException("the completion is already in use");
    }

    private void AddTimer(long milliseconds, IoCompletion completion)
    {
        completion.Ticket = TimerTicket;
        _timerCount++;
        // One more millisecond, because the clock is truncated and a timer must not run early.
        _timers.Add(MonotonicMs() + Math.Clamp(milliseconds, 0, long.MaxValue / 4) + (milliseconds > 0 ? 1 : 0), completion);
    }

    private void CompleteLater(IoCompletion completion, int result)
    {
        completion.Ticket = ReadyTicket;
        _ready.Enqueue((completion, result));
    }

    // Takes a slot for an operation, or arranges for its failure and returns -1.
    private int Begin(RingOperation kind, int descriptor, IoCompletion completion)
    {
        CheckIdle(completion);
        if (_isStopping)
        {
            CompleteLater(completion, -(int)Errno.ECANCELED);
            return -1;
        }

        var index = _slots.TryRent(kind);
        if (index < 0)
        {
            CompleteLater(completion, -(int)Errno.EAGAIN);
            return -1;
        }

        ref var slot = ref _slots[index];
        slot.Completion = completion;
        slot.Descriptor = descriptor;
        slot.Address = null;
        slot.Flags = 0;
        slot.IsLazy = false;
        slot.Remaining = 0;
        slot.Offset = 0;
        completion.Ticket = _slots.TicketOf(index);
        return index;
    }

    private void Transfer(RingOperation kind, int descriptor, ReadOnlySpan<byte> buffer, long offset, uint flags, IoCompletion completion)
    {
        var index = Begin(kind, descriptor, completion);
        if (index < 0)
            return;
        ref var slot = ref _slots[index];
        slot.Address = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
        slot.Remaining = buffer.Length;
        slot.Offset = offset;
        slot.Flags = flags;
        slot.IsLazy = kind == RingOperation.Send && IsLazy(completion, buffer.Length);
        Submit(index);
    }

    // A large send seldom fits the socket at once, so trying would be in vain.
    private bool IsLazy(IoCompletion completion, long length) => completion.IsPatient && _canSkipSuccess && length <= MaxLazyBytes && !_isStopping;

    private void Simple(RingOperation kind, int descriptor, long offset, long length, uint flags, IoCompletion completion)
    {
        var index = Begin(kind, descriptor, completion);
        if (index < 0)
            return;
        ref var slot = ref _slots[index];
        slot.Offset = offset;
        slot.Remaining = length;
        slot.Flags = flags;
        if (kind == RingOperation.Fsync)
            slot.Remaining = 0;
        Submit(index);
    }
}
