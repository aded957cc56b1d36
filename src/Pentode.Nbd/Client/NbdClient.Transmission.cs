using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>Sending, deadlines and the end of the connection.</summary>
public sealed partial class NbdClient
{
    private const int HeadBytes = 4096;
    private const int MaxParts = 64;
    private const long MaxSendBytes = 2 << 20;

    private readonly NativeBuffer _heads;
    private readonly Sender _sender;
    private readonly Watch _watch;
    private readonly Closing _closing;
    private readonly TurnEnd _turnEnd;
    private readonly ReadOnlyMemory<byte>[] _parts = new ReadOnlyMemory<byte>[MaxParts];
    private readonly NbdClientRequest?[] _sending = new NbdClientRequest?[MaxParts];
    private int _partCount;
    private int _sendingCount;
    private long _progress;
    private long _progressSeen;
    private bool _isInTurn;
    private bool _isDiscSent;

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

        Send();
        if (_inFlight > 0 && !_watch.IsPending)
        {
            _progressSeen = _progress;
            Loop.Delay(_options.StallTimeoutMs, _watch);
        }
    }

    // One vectored send for all that wait, as far as parts and bytes allow; heads of commands without payload lie side by side in one part.
    private void Send()
    {
        if (_partCount > 0)
            return;
        var heads = _heads.GetSpan();
        var at = 0;
        var partStart = 0;
        var bytes = 0L;
        while (_waiting.Count > 0 && _freeSlots.Count > 0 && _partCount <= MaxParts - 2 && at + NbdWire.RequestSize <= HeadBytes && bytes < MaxSendBytes)
        {
            var request = _waiting.Dequeue();
            TakeSlot(request);
            at += NbdRequestHeader.Write(heads[at..], request.Type, request.Flags, request.Cookie, (ulong)request.Offset, (uint)request.Length);
            if (request.Payload.Length == 0)
                continue;
            _parts[_partCount++] = _heads.Slice(partStart, at - partStart);
            _parts[_partCount++] = request.Payload;
            partStart = at;
            bytes += request.Payload.Length;
            request.IsBeingSent = true;
            _sending[_sendingCount++] = request;
        }

        if (_isClosing && !_isDiscSent && _waiting.Count == 0 && _inFlight == 0)
        {
            _isDiscSent = true;
            at += NbdRequestHeader.Write(heads[at..], NbdCommand.NBD_CMD_DISC, NbdCommandFlags.None, 0, 0, 0);
        }

        if (at > partStart)
            _parts[_partCount++] = _heads.Slice(partStart, at - partStart);
        if (_partCount == 1)
            Loop.Send(_socket, _parts[0], _sender);
        else if (_partCount > 1)
            Loop.SendVectored(_socket, _parts.AsSpan(0, _partCount), _sender);
    }

    private void TakeSlot(NbdClientRequest request)
    {
        request.Slot = _freeSlots.Pop();
        _slots[request.Slot] = request;

        // The serial makes a late answer to a finished request visible.
        request.Cookie = (++_lastSerial << 16) | (uint)request.Slot;
        _inFlight++;
        if (request.Type == NbdCommand.NBD_CMD_READ && request.Length >= LargeRead)
            _largeReads++;
    }

    private void OnSent(int result)
    {
        for (var i = 0; i < _partCount; i++)
            _parts[i] = default;
        _partCount = 0;
        _progress++;
        if (result < 0)
            Fail((Errno)(-result), $"sending failed: {NbdProblem.Words((Errno)(-result))}");
        var count = _sendingCount;
        _sendingCount = 0;
        for (var i = 0; i < count; i++)
        {
            var request = _sending[i]!;
            _sending[i] = null;
            request.IsBeingSent = false;
            if (!request.IsAnswered)
                continue;

            // Success told before the payload had arrived is a lie.
            if (result < 0 && request.Error == Errno.None)
                request.Error = EndError;
            Deliver(request);
        }

        if (_isDiscSent)
            Fail(Errno.ESHUTDOWN, "closed");
        else if (_waiting.Count > 0 || _isClosing)
            Touch();
        TryEnd();
    }

    private void OnWatch(int result)
    {
        if (result != 0 || _problem is not null)
            return;
        if (_inFlight > 0 && _progress == _progressSeen)
            Fail(Errno.ETIMEDOUT, $"the server made no progress for {_options.StallTimeoutMs / 1000.0:0.#} s with {_inFlight} requests under way");
        else if (_inFlight > 0)
            Touch();
    }

    private void BeginClose()
    {
        if (_isClosing || _isEnded)
            return;
        _isClosing = true;
        Loop.Delay(_options.CloseTimeoutMs, _closing);
        Touch();
    }

    // Nothing is told to the callers here: the kernel may still use their memory. TryEnd does, when it does not.
    private void Fail(Errno error, string message)
    {
        if (_problem is not null)
            return;
        _problem = new NbdProblem(error, $"{_peer}: {message}");
        Sockets.Shutdown(_socket);
        if (_receiver.IsPending)
            Loop.Cancel(_receiver);
        if (_sender.IsPending)
            Loop.Cancel(_sender);
        if (_watch.IsPending)
            Loop.Cancel(_watch);
        if (_closing.IsPending)
            Loop.Cancel(_closing);
        Touch();
    }

    private void TryEnd()
    {
        if (_problem is null || _isEnded || _receiver.IsPending || _sender.IsPending)
            return;
        _isEnded = true;
        Loop.Close(_socket);
        _in.Release();
        _heads.Release();
        var error = EndError;
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i] is not { } request)
                continue;
            _slots[i] = null;
            request.Error = error;
            Deliver(request);
        }

        while (_waiting.TryDequeue(out var request))
        {
            request.Error = error;
            Deliver(request);
        }

        _ended.TrySetResult();
    }

    private sealed class Sender(NbdClient client) : IoCompletion
    {
        public override void Complete(int result) => client.OnSent(result);
    }

    private sealed class Watch(NbdClient client) : IoCompletion
    {
        public override void Complete(int result) => client.OnWatch(result);
    }

    private sealed class Closing(NbdClient client) : IoCompletion
    {
        public override void Complete(int result)
        {
            if (result == 0)
                client.Fail(Errno.ETIMEDOUT, "the server does not let go");
        }
    }

    private sealed class TurnEnd(NbdClient client) : ITurnEnd
    {
        public void OnTurnEnd() => client.OnTurnEnd();
    }
}
