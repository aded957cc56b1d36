using Pentode.Core;
using Pentode.Core.Buffers;

namespace Pentode.Uring.Streams;

/// <summary>
/// A connection that takes frames and answers them. Lives on its loop's thread. What arrived is handed to <see cref="TakeFrames"/>; what is written to
/// <see cref="Output"/> leaves with one send when the turn ends. Not read from while <see cref="IsOverLimit"/>. It ends when its requests have.
/// </summary>
public abstract class FramedStream : ITurnEnd, IStreamOwner
{
    private const int ReceiveSize = 256 << 10;

    /// <summary>
    /// Frames from this size on are received to their end and no further: the beginning of the next one would have to be copied to another buffer. Behind
    /// such a frame one of the same size is expected.
    /// </summary>
    private const int LargeFrame = 64 << 10;

    private readonly int _socket;
    private readonly ReceiveDone _receiveDone;
    private int _start;
    private int _end;
    private int _frameSize;
    private int _lastLarge;
    private bool _isPaused;
    private bool _isTurnEndQueued;
    private bool _isTaking;
    private bool _hasFaulted;

    /// <summary>Owns the socket from now on.</summary>
    protected FramedStream(IoLoop loop, int socket)
    {
        ArgumentNullException.ThrowIfNull(loop);
        Loop = loop;
        _socket = socket;
        Output = new StreamOutput(loop, socket, this);
        Input = new ReceiveBuffer(loop.Buffers.Rent(ReceiveSize));
        _receiveDone = new ReceiveDone(this);
    }

    /// <summary>The loop.</summary>
    public IoLoop Loop { get; }

    /// <summary>Where replies go; <see cref="QueueTurnEnd"/> after writing.</summary>
    protected StreamOutput Output { get; }

    /// <summary>The buffer that frames lie in.</summary>
    protected ReceiveBuffer Input { get; private set; }

    /// <summary>What has arrived and is not taken yet, part of <see cref="Input"/>.</summary>
    protected ReadOnlySpan<byte> Arrived => Input.Memory.GetSpan()[_start.._end];

    /// <summary>Requests the connection cannot end before.</summary>
    protected int Pending { get; set; }

    /// <summary>Bytes that requests and the receive buffers they use hold.</summary>
    protected long HeldBytes { get; set; }

    /// <summary>The same with replies that have not left.</summary>
    protected long InFlightBytes => HeldBytes + Output.HeldBytes;

    /// <summary>It is about to end: nothing is answered any more.</summary>
    protected bool IsClosing { get; private set; }

    /// <summary>No more requests are taken.</summary>
    protected bool IsDraining { get; private set; }

    /// <summary>True while no more requests are to be taken.</summary>
    protected abstract bool IsOverLimit { get; }

    /// <summary>A timer of the subclass runs; the connection ends after it.</summary>
    protected abstract bool HasTimers { get; }

    /// <summary>No more requests; closes when those under way are answered.</summary>
    public void Drain()
    {
        IsDraining = true;
        OnDraining();
        if (_receiveDone.IsPending)
            Loop.Cancel(_receiveDone);
        QueueTurnEnd();
    }

    /// <summary>Closes now: replies not yet sent are dropped, requests under way end unanswered.</summary>
    public void Close()
    {
        if (!IsClosing)
        {
            IsClosing = true;
            OnClosing();
            if (_receiveDone.IsPending)
                Loop.Cancel(_receiveDone);
            Output.Cancel();
        }

        FinishClose();
    }

    /// <inheritdoc/>
    public void OnTurnEnd()
    {
        _isTurnEndQueued = false;
        if (IsClosed)
            return;
        if (_isPaused && !IsOverLimit)
        {
            _isPaused = false;
            RunFrames();
            StartReceive();
        }

        if (!IsClosing)
            Output.Flush(!IsDraining && _receiveDone.IsPending);
        if (IsDraining && Pending == 0 && !Output.HasUnsent)
            Close();
        FinishClose();
    }

    /// <inheritdoc/>
    public void OnFault(Exception error)
    {
        // Once: an end that throws again must not go round for ever.
        if (_hasFaulted || IsClosed)
            return;
        _hasFaulted = true;
        _isTaking = false;
        Close();
    }

    /// <inheritdoc/>
    public void OnSent(Errno error)
    {
        if (IsClosing)
            FinishClose();
        else if (error != Errno.None)
            Close();
        else
            QueueTurnEnd();
    }

    /// <summary>Everything has been let go.</summary>
    protected bool IsClosed { get; private set; }

    /// <summary>
    /// Takes whole frames from <see cref="Arrived"/> with <see cref="Take"/> until there is none, <see cref="Expect"/>ing one that is not whole, or
    /// <see cref="Pause"/>s.
    /// </summary>
    protected abstract void TakeFrames();

    /// <summary>Draining begins.</summary>
    protected virtual void OnDraining()
    {
    }

    /// <summary>Closing begins: timers are to be cancelled.</summary>
    protected abstract void OnClosing();

    /// <summary>The last call: nothing is under way.</summary>
    protected abstract void OnClosed();

    /// <summary>Has what was written sent, and what ended accounted for, when the turn ends.</summary>
    protected void QueueTurnEnd()
    {
        if (_isTurnEndQueued || IsClosed)
            return;
        _isTurnEndQueued = true;
        Loop.AtTurnEnd(this);
    }

    /// <summary>Receives, unless it does or must not.</summary>
    protected void StartReceive()
    {
        if (IsClosing || IsDraining || _isPaused || _receiveDone.IsPending)
            return;
        MakeRoom();
        var room = Input.Memory.Capacity - _end;
        if (_frameSize >= LargeFrame)
            room = Math.Min(room, _start + _frameSize - _end);
        else if (_lastLarge > 0 && _end == _start)
            room = Math.Min(room, _lastLarge);
        Loop.Receive(_socket, Input.Memory.Slice(_end, room), _receiveDone);
    }

    /// <summary>Takes a frame; gives where it lies in <see cref="Input"/>.</summary>
    protected int Take(int size)
    {
        var from = _start;
        _start += size;
        _lastLarge = size >= LargeFrame ? size : 0;
        return from;
    }

    /// <summary>The frame that has begun to arrive has so many bytes.</summary>
    protected void Expect(int size) => _frameSize = size;

    /// <summary>No more frames until the turn ends below the limit.</summary>
    protected void Pause() => _isPaused = true;

    /// <summary>A request no longer needs the buffer its frame lies in.</summary>
    protected void Drop(ReceiveBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        var capacity = buffer.Memory.Capacity;
        if (buffer.Drop())
            HeldBytes -= capacity;
    }

    /// <summary>The stream no longer needs a buffer; requests may.</summary>
    protected void Leave(ReceiveBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        if (buffer.References > 1)
            HeldBytes += buffer.Memory.Capacity;
        buffer.Drop();
    }

    /// <summary>Ends it for good if it is closing and nothing is under way any more.</summary>
    protected void FinishClose()
    {
        if (!IsClosing || IsClosed || _isTaking || Pending > 0 || _receiveDone.IsPending || Output.IsSending || HasTimers)
            return;
        IsClosed = true;
        Output.Release();
        Input.Drop();
        Loop.Close(_socket);
        OnClosed();
    }

    private void RunFrames()
    {
        _isTaking = true;
        _frameSize = 0;
        TakeFrames();
        _isTaking = false;
    }

    /// <summary>Leaves room for the frame that is coming; a buffer that a request still reads from is left to that request.</summary>
    private void MakeRoom()
    {
        var left = _end - _start;
        var need = Math.Max(ReceiveSize, Math.Max(_frameSize, _lastLarge));
        var capacity = Input.Memory.Capacity;
        var isShared = Input.References > 1;
        if (isShared || capacity < need || (left == 0 && capacity > ReceiveSize && _lastLarge == 0))
        {
            if (isShared && capacity - _start >= need && capacity > _end)
                return;
            var next = new ReceiveBuffer(Loop.Buffers.Rent(need));
            Arrived.CopyTo(next.Memory.GetSpan());
            Leave(Input);
            Input = next;
            (_start, _end) = (0, left);
        }
        else if (left == 0)
        {
            (_start, _end) = (0, 0);
        }
        else if (_start > 0 && capacity - _start < need)
        {
            Arrived.CopyTo(Input.Memory.GetSpan());
            (_start, _end) = (0, left);
        }
    }

    private void Received(int result)
    {
        if (IsClosing)
        {
            FinishClose();
            return;
        }

        if (result <= 0)
        {
            if (IsDraining && result == -(int)Errno.ECANCELED)
                QueueTurnEnd();
            else
                Close();
            return;
        }

        _end += result;
        RunFrames();
        StartReceive();
        QueueTurnEnd();
        FinishClose();
    }

    private sealed class ReceiveDone(FramedStream stream) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => stream.Received(result);

        public void OnFault(Exception error) => stream.OnFault(error);
    }
}
