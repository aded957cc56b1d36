using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;
using Pentode.Uring;

namespace Pentode.Rings.Client.V2;

/// <content>Submitting, and the end of the connection.</content>
public sealed partial class RingsClient2
{
    private const int OutBytes = RingsWire2.HeaderSize + (RingsWire2.MaxBatch * RingsWire2.SubmissionSize);
    private const int InBytes = RingsWire2.MaxMessage;
    private const int PollIn = 1;
    private const int PollOut = 4;

    private readonly int _socket;
    private readonly string _peer;
    private readonly NativeBuffer _out;
    private readonly Sender _sender;
    private readonly Writable _writable;
    private readonly Receiver _receiver;
    private readonly Waker _waker;
    private readonly TurnEnd _turnEnd;
    private readonly Queue<RingsCall> _waiting = new();
    private readonly Queue<RingsControl> _control = new();
    private readonly Queue<RingsControl> _unanswered = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RingsProblem? _problem;
    private ClientRing? _ring;
    private int _inFlight;
    private bool _isInTurn;
    private bool _isEnded;
    private bool _isDelivering;

    private void Start(RingsCall call)
    {
        _waiting.Enqueue(call);
        Touch();
    }

    private Task<Result<RingsItem>> Control(RingsControl control)
    {
        if (_problem is { } problem)
            control.Fail(problem.Error);
        else
            _control.Enqueue(control);
        Touch();
        return control.Item.Task;
    }

    private void Touch()
    {
        if (_isInTurn || _isEnded)
            return;
        _isInTurn = true;
        Loop.AtTurnEnd(_turnEnd);
    }

    private void OnTurnEnd()
    {
        _isInTurn = false;
        if (_isEnded)
            return;
        if (_problem is not null)
        {
            TryEnd();
            return;
        }

        if (_ring is { } ring)
            FillRing(ring);
        Send();
    }

    // The credits the server gave are for all under way; a chain needs as many as it has records.
    private bool CanStart(RingsCall call) => _inFlight == 0 || _inFlight + call.Chain <= (int)Server.Credits;

    private void FillRing(ClientRing ring)
    {
        var room = ring.Room;
        if (room < 0 || room > ring.Entries)
        {
            Fail(Errno.EPROTO, "the server broke the protocol: counters of the shared ring");
            return;
        }

        var count = 0;
        while (_waiting.TryPeek(out var call) && (call.Chain == 0 || (CanStart(call) && call.Chain <= room - count)))
        {
            ring.Put(_waiting.Dequeue().Entry);
            _inFlight++;
            count++;
        }

        if (count > 0)
            ring.Publish();
    }

    private void Send()
    {
        if (_sender.IsPending || _writable.IsPending || _problem is not null)
            return;
        if (_control.TryPeek(out var control))
        {
            SendControl(control);
            return;
        }

        if (_ring is not null)
            return;
        var to = _out.GetSpan();
        var count = 0;
        while (_waiting.TryPeek(out var call) && (call.Chain == 0 || (CanStart(call) && count + call.Chain <= RingsWire2.MaxBatch)))
        {
            _waiting.Dequeue().Entry.Write(to[(RingsWire2.HeaderSize + (count * RingsWire2.SubmissionSize))..]);
            _inFlight++;
            count++;
        }

        if (count == 0)
            return;
        var length = RingsWire2.HeaderSize + (count * RingsWire2.SubmissionSize);
        new RingsMessageHeader(RingsMessageType.Submit, (ushort)count, (uint)length).Write(to);
        Loop.Send(_socket, _out.Slice(0, length), _sender);
    }

    // Descriptors travel with the first byte; a socket that is full is waited for.
    private void SendControl(RingsControl control)
    {
        var sent = 0;
        if (control.Descriptors.Length > 0)
        {
            sent = DescriptorPassing.Send(_socket, control.Message, control.Descriptors);
            if (sent == -(int)Errno.EAGAIN)
            {
                Loop.Poll(_socket, PollOut, _writable);
                return;
            }

            if (sent is -(int)Errno.EBADF or -(int)Errno.ETOOMANYREFS)
            {
                _control.Dequeue();
                control.Fail((Errno)(-sent));
                Touch();
                return;
            }

            if (sent < 0)
            {
                FailIo("sending", (Errno)(-sent));
                return;
            }
        }

        _unanswered.Enqueue(_control.Dequeue());
        if (sent == control.Message.Length)
        {
            Touch();
            return;
        }

        control.Message.AsSpan(sent).CopyTo(_out.GetSpan());
        Loop.Send(_socket, _out.Slice(0, control.Message.Length - sent), _sender);
    }

    private void OnSent(int result)
    {
        if (result < 0)
            FailIo("sending", (Errno)(-result));
        Touch();
    }

    private void FailIo(string what, Errno error) => Fail(error, $"{what} failed: {RingsProblem.Words(error)}");

    // Nothing is told to the callers here: the kernel may still use our buffers. TryEnd does, when it does not.
    private void Fail(Errno error, string message)
    {
        if (_problem is not null)
            return;
        _problem = new RingsProblem(error, $"{_peer}: {message}");
        Sockets.Shutdown(_socket);
        foreach (var completion in (ReadOnlySpan<IoCompletion>)[_receiver, _sender, _writable, _waker])
        {
            if (completion.IsPending)
                Loop.Cancel(completion);
        }

        Touch();
    }

    private void TryEnd()
    {
        if (_problem is not { } problem || _isEnded || _isDelivering || _receiver.IsParsing || _receiver.IsPending || _sender.IsPending || _writable.IsPending || _waker.IsPending)
            return;
        _isEnded = true;
        Loop.Close(_socket);
        _receiver.Release();
        _out.Release();
        _waiting.Clear();
        while (_unanswered.TryDequeue(out var control) || _control.TryDequeue(out control))
            control.Fail(problem.Error);
        for (var i = 0; i < _calls.Count; i++)
        {
            var call = _calls[i];
            if (!call.IsUnderWay)
                continue;
            call.IsUnderWay = false;
            if (call.Shots is { } shots)
                shots.OnShot(-(int)problem.Error, 0, hasMore: false);
            else
                call.SetResult(problem.Error);
        }

        _ring?.Close();
        foreach (var region in _regions)
            region.Dispose();
        _ended.TrySetResult();
    }

    private sealed class Sender(RingsClient2 client) : IoCompletion
    {
        public override void Complete(int result) => client.OnSent(result);
    }

    private sealed class Writable(RingsClient2 client) : IoCompletion
    {
        public override void Complete(int result) => client.Touch();
    }

    private sealed class Receiver(RingsClient2 client) : RecordReceiver(client.Loop, client._socket, InBytes)
    {
        protected override bool HasFailed => client._problem is not null;

        protected override int OnRecord(ReadOnlySpan<byte> data) => client.OnMessage(data);

        protected override void OnError(Errno error) => client.FailIo("receiving", error);

        protected override void OnEnd(bool isWhole) => client.Fail(Errno.EPIPE, "the server closed the connection");

        protected override void OnFailed() => client.Touch();
    }

    private sealed class Waker(RingsClient2 client) : IoCompletion
    {
        public override void Complete(int result) => client.OnWake(result);
    }

    private sealed class TurnEnd(RingsClient2 client) : ITurnEnd
    {
        public void OnTurnEnd() => client.OnTurnEnd();
    }
}
