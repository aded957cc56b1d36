using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Rings.Wire;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>Sending, credits and the end of the connection.</summary>
public sealed partial class RingsClient
{
    private const int OutBytes = 128 << 10;

    // Requests without a credit that may wait for their replies: iouringd gives up when too many replies wait.
    private const int MaxUnansweredControl = 32;
    private const int PollOut = 4;
    private const int ShortestHoldMs = 1;
    private const int LongestHoldMs = 64;

    // A window that works is widened once it has been used so many times over.
    private const int Calm = 8;

    private readonly NativeBuffer _out;
    private readonly Sender _sender;
    private readonly Writable _writable;
    private readonly Hold _hold;
    private readonly Watch _watch;
    private readonly TurnEnd _turnEnd;
    private readonly RingsRequestList _waiting = new();
    private readonly Queue<RingsRequest> _control = new();
    private readonly Queue<RingsRequest> _held = new();
    private readonly Queue<RingsRequest> _cancelled = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _maxWindow;
    private volatile RingsProblem? _problem;
    private int _window;
    private int _inFlight;
    private int _accepted;
    private int _calm;
    private ulong _sends;
    private ulong _shrunkAt;
    private int _holdMs = ShortestHoldMs;
    private bool _isHeld;
    private long _replies;
    private long _repliesSeen;
    private bool _isInTurn;
    private bool _isEnded;

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
        while (_problem is null && _cancelled.TryDequeue(out var request))
            Deliver(request, Errno.ECANCELED);
        if (_problem is not null)
        {
            TryEnd();
            return;
        }

        Send();
        if (_unanswered.Count > 0 && !_watch.IsPending && _problem is null)
        {
            _repliesSeen = _replies;
            Loop.Delay(_options.ReplyTimeoutMs, _watch);
        }
    }

    private void Send()
    {
        if (_sender.IsPending || _writable.IsPending)
            return;
        var to = _out.GetSpan()[..OutBytes];
        var at = 0;
        while (_problem is null && _unanswered.Count < _maxWindow + MaxUnansweredControl && at <= OutBytes - RingsLimits.MaxRequestBytes && _control.TryPeek(out var request))
        {
            if (request.Kind == RingsKind.RegisterFd)
            {
                // A descriptor travels with a packet of its own, behind all that was written before.
                if (at > 0 || !SendDescriptor(request, to, ref at))
                    break;
            }
            else
            {
                at += request.Write(to[at..]);
            }

            _control.Dequeue();
            Sent(request);
        }

        while (_problem is null && CanSendTask() && at <= OutBytes - RingsLimits.MaxRequestBytes && _waiting.First is { } task)
        {
            _waiting.Remove(task);
            at += task.Write(to[at..]);
            _inFlight++;
            Sent(task);
        }

        if (at > 0 && _problem is null)
            Loop.Send(_socket, _out.Slice(0, at), _sender);
    }

    private bool CanSendTask() => !_isHeld && _inFlight < _window;

    private void Sent(RingsRequest request)
    {
        request.SentAs = ++_sends;
        _unanswered.Enqueue(request);
    }

    // False when it must be tried again later or the connection ended.
    private bool SendDescriptor(RingsRequest request, Span<byte> to, ref int at)
    {
        var length = request.Write(to);
        var sent = DescriptorPassing.Send(_socket, to[..length], request.Descriptor);
        if (sent == -(int)Errno.EAGAIN)
        {
            Loop.Poll(_socket, PollOut, _writable);
            return false;
        }

        if (sent is -(int)Errno.EBADF or -(int)Errno.ETOOMANYREFS)
        {
            // The caller's descriptor, or too many on their way: only its own call fails.
            _control.Dequeue();
            Deliver(request, (Errno)(-sent));
            Touch();
            return false;
        }

        if (sent < 0)
        {
            FailIo("sending", (Errno)(-sent));
            return false;
        }

        to[sent..length].CopyTo(to);
        at = length - sent;
        return true;
    }

    private void OnSent(int result)
    {
        if (result < 0)
            FailIo("sending", (Errno)(-result));
        Touch();
    }

    // The server has no credit for us. Others may hold them all, so time opens the way again as well as a completion of our own.
    private void HoldBack(RingsRequest refused, int credits)
    {
        Refusals++;
        _calm = 0;
        if (refused.SentAs > _shrunkAt)
        {
            _window = Math.Clamp(Math.Max(_accepted, (_window * 3) / 4), 1, Math.Max(_window - 1, 1));
            _shrunkAt = _sends;
        }

        if (refused.RefusedAtMs < 0)
            refused.RefusedAtMs = Loop.NowMs;
        if (refused.Cancel is not null && refused.TakesCredit)
        {
            EndCancel(refused, Errno.None);
            Deliver(refused, Errno.ECANCELED);
            return;
        }

        // ACCEPT and OPENAT are refused with the same error when their client has no free descriptor slot.
        var isSlot = refused.Kind is RingsKind.Accept or RingsKind.OpenAt && credits > 0;
        var isLate = Loop.NowMs - refused.RefusedAtMs >= _options.AdmissionTimeoutMs;
        if (isSlot ? isLate || _accepted == 0 : isLate && (_accepted == 0 || !refused.TakesCredit))
        {
            Deliver(refused, Errno.EAGAIN);
            return;
        }

        if (refused.TakesCredit)
            _waiting.Insert(refused);
        else
            _held.Enqueue(refused);
        _isHeld = true;
        if (_hold.IsPending)
            return;
        Loop.Delay(_holdMs, _hold);
        _holdMs = Math.Min(_holdMs * 2, LongestHoldMs);
    }

    private void OnHoldOver(int result)
    {
        if (result != 0 || _problem is not null)
        {
            TryEnd();
            return;
        }

        // One more than we have: a probe.
        _window = Math.Clamp(_inFlight + 1, _window, _maxWindow);
        LetGo();
        Touch();
    }

    private void LetGo()
    {
        _isHeld = false;
        while (_held.TryDequeue(out var request))
            _control.Enqueue(request);
    }

    private void OnCreditBack()
    {
        _inFlight--;
        _accepted--;
        _holdMs = ShortestHoldMs;
        if (_isHeld)
            LetGo();
        if (++_calm >= Calm * _window && _window < _maxWindow)
        {
            _window++;
            _calm = 0;
        }

        if (_waiting.Count > 0 || _control.Count > 0)
            Touch();
    }

    private void OnWatch(int result)
    {
        if (result != 0 || _problem is not null)
        {
            TryEnd();
            return;
        }

        if (_unanswered.Count > 0 && _replies == _repliesSeen)
            Fail(Errno.ETIMEDOUT, $"no reply for {_options.ReplyTimeoutMs / 1000.0:0.#} s to {_unanswered.Count} requests");
        else if (_unanswered.Count > 0)
            Touch();
    }

    private static void EndCancel(RingsRequest task, Errno error)
    {
        if (task.Cancel is not { } cancel)
            return;
        task.Cancel = null;
        Deliver(cancel, error);
    }

    private static void Deliver(RingsRequest request, Errno error)
    {
        if (request.Ticket is { } ticket)
            ticket.Request = null;
        request.SetResult(error);
    }

    private void FailIo(string what, Errno error) => Fail(error, $"{what} failed: {RingsProblem.Words(error)}");

    // Nothing is told to the callers here: the kernel may still use our buffers. TryEnd does, when it does not.
    private void Fail(Errno error, string message)
    {
        if (_problem is not null)
            return;
        _problem = new RingsProblem(error, $"{_peer}: {message}");
        Sockets.Shutdown(_socket);
        CancelPending(_receiver);
        CancelPending(_sender);
        CancelPending(_writable);
        CancelPending(_hold);
        CancelPending(_watch);
        Touch();
    }

    private void CancelPending(IoCompletion completion)
    {
        if (completion.IsPending)
            Loop.Cancel(completion);
    }

    private void TryEnd()
    {
        if (_problem is not { } problem || _isEnded || _receiver.IsParsing || _receiver.IsPending || _sender.IsPending || _writable.IsPending || _hold.IsPending || _watch.IsPending)
            return;
        _isEnded = true;
        Loop.Close(_socket);
        _receiver.Release();
        _out.Release();
        while (_cancelled.TryDequeue(out var request))
            Deliver(request, Errno.ECANCELED);
        while (_unanswered.TryDequeue(out var request))
        {
            EndCancel(request, problem.Error);
            Deliver(request, problem.Error);
        }

        foreach (var request in _running.Values.ToArray())
            Deliver(request, problem.Error);
        _running.Clear();
        while (_control.TryDequeue(out var request) || _held.TryDequeue(out request))
            Deliver(request, problem.Error);
        while (_waiting.First is { } request)
        {
            _waiting.Remove(request);
            Deliver(request, problem.Error);
        }

        _ended.TrySetResult();
    }

    private sealed class Sender(RingsClient client) : IoCompletion
    {
        public override void Complete(int result) => client.OnSent(result);
    }

    private sealed class Writable(RingsClient client) : IoCompletion
    {
        public override void Complete(int result) => client.Touch();
    }

    private sealed class Hold(RingsClient client) : IoCompletion
    {
        public override void Complete(int result) => client.OnHoldOver(result);
    }

    private sealed class Watch(RingsClient client) : IoCompletion
    {
        public override void Complete(int result) => client.OnWatch(result);
    }

    private sealed class TurnEnd(RingsClient client) : ITurnEnd
    {
        public void OnTurnEnd() => client.OnTurnEnd();
    }
}
