using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;
using Pentode.Uring;

namespace Pentode.Rings.Client.V2;

/// <content>Submitting, completions, the end of the connection.</content>
public sealed partial class RingsClient2
{
    private const int OutBytes = RingsWire2.HeaderSize + (RingsWire2.MaxBatch * RingsWire2.SubmissionSize);
    private const int InBytes = RingsWire2.MaxMessage;
    private const int PollIn = 1;
    private const int PollOut = 4;

    private readonly int _socket;
    private readonly string _peer;
    private readonly NativeBuffer _out;
    private readonly NativeBuffer _in;
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
    private int _inEnd;
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

    private void Arm() => Loop.Receive(_socket, _in.Slice(_inEnd, InBytes - _inEnd), _receiver);

    private void OnReceived(int result)
    {
        if (_problem is not null)
        {
            TryEnd();
            return;
        }

        if (result <= 0)
        {
            if (result < 0)
                FailIo("receiving", (Errno)(-result));
            else
                Fail(Errno.EPIPE, "the server closed the connection");
            return;
        }

        _inEnd += result;
        _isDelivering = true;
        var at = 0;
        while (_problem is null && OnMessage(_in.GetSpan()[at.._inEnd]) is > 0 and var length)
            at += length;
        _isDelivering = false;
        if (_problem is not null)
        {
            Touch();
            return;
        }

        _in.GetSpan()[at.._inEnd].CopyTo(_in.GetSpan());
        _inEnd -= at;
        Arm();
    }

    // Bytes of the message at the start of the data; 0 when it is not whole yet or ended the connection.
    private int OnMessage(ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire2.HeaderSize)
            return 0;
        if (!RingsMessageHeader.TryRead(data[..RingsWire2.HeaderSize], out var header) || header.Length is < RingsWire2.HeaderSize or > RingsWire2.MaxMessage)
            return Broken("a message");
        if (data.Length < (int)header.Length)
            return 0;
        var body = data[RingsWire2.HeaderSize..(int)header.Length];
        switch (header.Type)
        {
            case RingsMessageType.Complete when header.Count * RingsWire2.CompletionSize <= body.Length:
                for (var i = 0; i < header.Count; i++)
                {
                    _ = RingsCompletionRecord.TryRead(body.Slice(i * RingsWire2.CompletionSize, RingsWire2.CompletionSize), out var record);
                    if (!OnCompletion(record))
                        return 0;
                }

                break;
            case RingsMessageType.Reply when _unanswered.TryDequeue(out var asked) && asked.Stats is null && RingsItem.TryRead(body, out var item):
                asked.Item.TrySetResult(item.Value == 0 ? item : (Errno)(-item.Value));
                break;
            case RingsMessageType.Stats when _unanswered.TryDequeue(out var asked) && asked.Stats is { } waiting && RingsClientStats.TryRead(body) is { } stats:
                waiting.TrySetResult(stats);
                break;
            case RingsMessageType.Goodbye when RingsGoodbye.TryRead(body, out var goodbye):
                Fail(goodbye.Reason == RingsGoodbyeReason.Ending ? Errno.ESHUTDOWN : Errno.EPROTO, goodbye.Reason == RingsGoodbyeReason.Ending ? "the server ends" : $"the server ended the connection: {goodbye.Reason} ({goodbye.About})");
                return 0;
            default:
                return Broken($"a message of type {(ushort)header.Type}");
        }

        return (int)header.Length;
    }

    private int Broken(string what)
    {
        Fail(Errno.EPROTO, "the server broke the protocol: " + what);
        return 0;
    }

    // False when the connection ended.
    private bool OnCompletion(in RingsCompletionRecord record)
    {
        var index = (int)(uint)record.UserData;
        if ((uint)index >= (uint)_calls.Count || _calls[index] is not { IsUnderWay: true } call || call.UserData != record.UserData)
        {
            Broken("a completion of nothing");
            return false;
        }

        call.Extra = record.Extra;
        var hasMore = (record.Flags & RingsCompletionFlags.More) != 0;
        if (hasMore != (hasMore && call.Shots is not null))
        {
            Broken("a completion too many");
            return false;
        }

        if (!hasMore)
        {
            _inFlight--;
            call.IsUnderWay = false;
            call.Owned.Return();
        }

        if (_waiting.Count > 0)
            Touch();
        if (call.Shots is { } shots)
        {
            if (!hasMore)
                _idle.Push(call);
            shots.OnShot(record.Result, record.Extra, hasMore);
        }
        else
        {
            call.SetResult(record.Result >= 0 ? record.Result : (Errno)(-record.Result));
        }

        return _problem is null;
    }

    private void ArmWake() => Loop.Poll(_ring!.Wake, PollIn, _waker);

    private void OnWake(int result)
    {
        if (_problem is not null || result < 0)
        {
            if (result < 0)
                FailIo("waiting", (Errno)(-result));
            TryEnd();
            return;
        }

        var ring = _ring!;
        Span<byte> count = stackalloc byte[8];
        _ = FileCalls.Read(ring.Wake, count);
        _isDelivering = true;
        _ = ring.SetWantWake(false);
        var isSound = true;
        do
        {
            while (_problem is null && ring.TryTake(out var record, out isSound))
            {
                if (!OnCompletion(record))
                    break;
            }

            ring.Taken();
        }
        while (_problem is null && isSound && ring.SetWantWake(true));
        _isDelivering = false;
        if (!isSound)
            Broken("counters of the shared ring");
        if (_problem is not null)
            Touch();
        else
            ArmWake();
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
        if (_problem is not { } problem || _isEnded || _isDelivering || _receiver.IsPending || _sender.IsPending || _writable.IsPending || _waker.IsPending)
            return;
        _isEnded = true;
        Loop.Close(_socket);
        _in.Release();
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

    private sealed class Receiver(RingsClient2 client) : IoCompletion
    {
        public override void Complete(int result) => client.OnReceived(result);
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
