using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Uring.Portable;

/// <content>Starting, ending and cancelling of operations.</content>
public sealed partial class PortableLoop
{
    private static readonly Func<object?, int> s_runOperation = static o => ((PortableOperation)o!).RunOnWorker();

    /// <inheritdoc/>
    public override void Connect(int socket, ReadOnlySpan<byte> address, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Connect, socket, completion);
        if (operation.IsEnded)
            return;
        var result = SocketCalls.Connect(socket, address);
        if (result is -(int)Errno.EINPROGRESS or -(int)Errno.EINTR)
            Wait(StateOf(socket), StateOf(socket).Writers, operation);
        else
            End(operation, result);
    }

    /// <inheritdoc/>
    public override void Receive(int socket, Memory<byte> buffer, IoCompletion completion, bool waitAll = false)
    {
        var operation = Begin(OperationKind.Receive, socket, completion);
        operation.Buffer = buffer;
        operation.Flag = waitAll;
        TryOrWait(operation, StateOf(socket).Readers);
    }

    /// <inheritdoc/>
    public override void Send(int socket, ReadOnlyMemory<byte> buffer, IoCompletion completion) =>
        SendVectored(socket, new ReadOnlySpan<ReadOnlyMemory<byte>>(in buffer), completion);

    /// <inheritdoc/>
    public override void SendVectored(int socket, ReadOnlySpan<ReadOnlyMemory<byte>> parts, IoCompletion completion)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts.Length, PortableOperation.MaxParts, nameof(parts));
        var operation = Begin(OperationKind.Send, socket, completion);
        operation.SetParts(parts);
        TryOrWait(operation, StateOf(socket).Writers);
    }

    /// <inheritdoc/>
    public override void Read(int file, Memory<byte> buffer, long offset, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Read, file, completion);
        operation.Buffer = buffer;
        operation.Offset = offset;
        GiveToWorker(operation);
    }

    /// <inheritdoc/>
    public override void Write(int file, ReadOnlyMemory<byte> buffer, long offset, bool dataSync, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Write, file, completion);
        operation.Source = buffer;
        operation.Offset = offset;
        operation.Flag = dataSync;
        GiveToWorker(operation);
    }

    /// <inheritdoc/>
    public override void Fsync(int file, bool dataOnly, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Fsync, file, completion);
        operation.Flag = dataOnly;
        GiveToWorker(operation);
    }

    /// <inheritdoc/>
    public override void Fallocate(int file, int mode, long offset, long length, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Fallocate, file, completion);
        operation.Mode = mode;
        operation.Offset = offset;
        operation.Length = length;
        GiveToWorker(operation);
    }

    /// <inheritdoc/>
    public override void Poll(int descriptor, int events, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Poll, descriptor, completion);
        operation.Mode = events;
        if (!operation.IsEnded)
            Wait(StateOf(descriptor), StateOf(descriptor).Polls, operation);
    }

    /// <inheritdoc/>
    public override void Delay(long milliseconds, IoCompletion completion)
    {
        var operation = Begin(OperationKind.Delay, -1, completion);
        if (operation.IsEnded)
            return;

        // The clock counts whole milliseconds, so one more keeps a delay from ending early.
        var extra = milliseconds > 0 ? 1 : 0;
        _timers.Add(MonotonicMs() + Math.Clamp(milliseconds, 0, long.MaxValue / 4) + extra, completion);
    }

    /// <inheritdoc/>
    public override void RunBlocking(Func<object?, int> job, object? state, IoCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(job);
        var operation = Begin(OperationKind.Job, -1, completion);
        operation.Job = job;
        operation.State = state;
        if (!operation.IsEnded && !_jobWorkers.TryEnqueue(s_runOperation, operation, completion, _onFinished))
            End(operation, -(int)Errno.EAGAIN);
    }

    /// <inheritdoc/>
    public override void Cancel(IoCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        if (_operations.TryGetValue(completion.Ticket, out var operation))
            TryCancel(operation);
    }

    private PortableOperation Begin(OperationKind kind, int descriptor, IoCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        if (!IsCurrent)
            throw new InvalidOperationException("operations start on their loop only");
        if (completion.Ticket != 0)
            throw new InvalidOperationException("the completion is in use");
        var isFull = _operations.Count >= Options.MaxOperations;
        var operation = _idle.TryPop(out var idle) ? idle : new PortableOperation();
        operation.Kind = kind;
        operation.Descriptor = descriptor;
        operation.Completion = completion;
        completion.Ticket = ++_lastTicket;
        _operations.Add(_lastTicket, operation);
        if (_isStopping || isFull)
            End(operation, _isStopping ? -(int)Errno.ECANCELED : -(int)Errno.EAGAIN);
        return operation;
    }

    private void End(PortableOperation operation, int result)
    {
        operation.IsEnded = true;
        operation.Result = result;
        _ended.Enqueue(operation);
    }

    private void Dispatch(PortableOperation operation)
    {
        var completion = operation.Completion;
        var result = operation.Result;
        _operations.Remove(completion.Ticket);
        operation.Clear();
        if (_idle.Count < 1024)
            _idle.Push(operation);
        Deliver(completion, result);
    }

    private void TryOrWait(PortableOperation operation, List<PortableOperation> waiting)
    {
        if (operation.IsEnded)
            return;
        var result = waiting.Count > 0 ? -(int)Errno.EAGAIN : operation.TryOnce();
        if (result == -(int)Errno.EAGAIN)
            Wait(StateOf(operation.Descriptor), waiting, operation);
        else
            End(operation, result);
    }

    private void GiveToWorker(PortableOperation operation)
    {
        if (operation.IsEnded)
            return;
        if (_overflow.Count > 0 || !_fileWorkers.TryEnqueue(s_runOperation, operation, operation.Completion, _onFinished))
            _overflow.Enqueue(operation);
    }

    private void FeedWorkers()
    {
        while (_overflow.TryPeek(out var operation)
            && _fileWorkers.TryEnqueue(s_runOperation, operation, operation.Completion, _onFinished))
        {
            _overflow.Dequeue();
        }
    }

    private void OnWorkerFinished(IoCompletion completion, int result)
    {
        _finished.Enqueue((completion, result));
        Signal();
    }

    private void OnDue(IoCompletion due)
    {
        if (_operations.TryGetValue(due.Ticket, out var operation))
            End(operation, 0);
        else
            Deliver(due, 0);
    }

    private void TryCancel(PortableOperation operation)
    {
        if (operation.IsEnded)
            return;
        switch (operation.Kind)
        {
            case OperationKind.Delay:
                _timers.Remove(operation.Completion);
                End(operation, -(int)Errno.ECANCELED);
                break;
            case OperationKind.Connect or OperationKind.Receive or OperationKind.Send or OperationKind.Poll:
                var state = StateOf(operation.Descriptor);
                if (state.Readers.Remove(operation) || state.Writers.Remove(operation) || state.Polls.Remove(operation))
                {
                    MarkDirty(state);
                    End(operation, -(int)Errno.ECANCELED);
                }

                break;
            default:
                operation.IsCancelAsked = true;
                break;
        }
    }
}
