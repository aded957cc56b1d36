using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.NineP.Wire;
using Pentode.Uring;

namespace Pentode.NineP.Server;

/// <summary>
/// One connection. Lives on its loop's thread. All complete frames of a turn are run in order; what completes at once is answered into
/// one buffer that is sent when the turn ends.
/// </summary>
internal sealed partial class NinePConnection : ITurnEnd
{
    private const int ReceiveSize = 256 << 10;

    private readonly NinePServer _server;
    private readonly NinePServerOptions _options;
    private readonly int _socket;
    private readonly string _peer;
    private readonly ReceiveDone _receiveDone;
    private readonly SendDone _sendDone;
    private readonly HandshakeTimer _handshake;
    private readonly LockTimer _lockTimer;
    private readonly Stack<Request> _requests = new();
    private readonly Dictionary<ushort, Request> _tags = [];
    private ReceiveBuffer _receive;
    private int _start;
    private int _end;
    private int _msize = P9Limits.HandshakeFrame;
    private bool _hasVersion;
    private int _epoch;
    private int _pending;
    private long _heldBytes;
    private bool _isPaused;
    private bool _isTurnEndQueued;
    private bool _isParsing;
    private bool _isClosing;
    private bool _isClosed;
    private bool _isDraining;
    private readonly long _acceptedAt = Environment.TickCount64;
    private string _export = "";
    private string _user = "";
    private long _operations;
    private long _errors;

    public NinePConnection(NinePServer server, IoLoop loop, int socket, string peer, long id)
    {
        _server = server;
        _options = server.Options;
        Loop = loop;
        _socket = socket;
        _peer = peer;
        Id = id;
        _receive = new ReceiveBuffer(loop.Buffers.Rent(ReceiveSize));
        _receiveDone = new ReceiveDone(this);
        _sendDone = new SendDone(this);
        _handshake = new HandshakeTimer(this);
        _lockTimer = new LockTimer(this);
    }

    public long Id { get; }

    public IoLoop Loop { get; }

    public string Peer => _peer;

    /// <summary>Attach name of the export in use, empty before the first attach.</summary>
    public string Export => _export;

    /// <summary>Counts; any thread.</summary>
    public ExportTotals Totals { get; } = new();

    /// <summary>Fids in use; any thread.</summary>
    public int FidCount => _fids.Count;

    /// <summary>Requests under way; any thread.</summary>
    public int PendingCount => _pending;

    public void Start()
    {
        StartHandshake();
        StartReceive();
    }

    /// <summary>Gives the client so much time to agree on a version.</summary>
    private void StartHandshake()
    {
        if (!_handshake.IsPending)
            Loop.Delay(_options.HandshakeTimeoutMs, _handshake);
    }

    /// <summary>A snapshot; any thread, torn values do no harm.</summary>
    public SessionInfo Describe() => new()
    {
        Id = Id, Protocol = "9p", Peer = _peer, AgeSeconds = (Environment.TickCount64 - _acceptedAt) / 1000, User = _user, Export = _export, Operations = _operations, Errors = _errors, BytesRead = Totals.BytesRead, BytesWritten = Totals.BytesWritten, InFlight = _pending,
    };

    /// <summary>No more requests; closes when those under way are answered.</summary>
    public void Drain()
    {
        _isDraining = true;
        DropLockWaiters(answer: true);
        GiveUpWaiting(of: null);
        if (_receiveDone.IsPending)
            Loop.Cancel(_receiveDone);
        QueueTurnEnd();
    }

    /// <summary>Closes now: replies not yet sent are dropped, requests under way end unanswered.</summary>
    public void Close()
    {
        if (_isClosing)
        {
            FinishClose();
            return;
        }

        _isClosing = true;
        _epoch++;
        DropLockWaiters(answer: false);
        GiveUpWaiting(of: null);
        if (_receiveDone.IsPending)
            Loop.Cancel(_receiveDone);
        if (_sendDone.IsPending)
            Loop.Cancel(_sendDone);
        if (_handshake.IsPending)
            Loop.Cancel(_handshake);
        if (_lockTimer.IsPending)
            Loop.Cancel(_lockTimer);
        FinishClose();
    }

    /// <inheritdoc/>
    public void OnTurnEnd()
    {
        _isTurnEndQueued = false;
        if (_isClosed)
            return;
        if (_isPaused && !IsOverLimit)
        {
            _isPaused = false;
            Parse();
            StartReceive();
        }

        Flush();
        if (_isDraining && _pending == 0 && !HasUnsent)
            Close();
    }

    private long InFlightBytes => _heldBytes + _unsentBytes + _unsentSlack;

    private bool IsOverLimit => _pending >= _options.MaxTags || InFlightBytes > _options.MaxInFlightBytes;

    /// <summary>Even Tflush and Tversion wait: somebody asks and does not read.</summary>
    private bool IsFarOverLimit => InFlightBytes > 2 * _options.MaxInFlightBytes;

    private void QueueTurnEnd()
    {
        if (_isTurnEndQueued || _isClosed)
            return;
        _isTurnEndQueued = true;
        Loop.AtTurnEnd(this);
    }

    private void FinishClose()
    {
        if (_isClosed || _isParsing || _pending > 0 || _receiveDone.IsPending || _sendDone.IsPending || _handshake.IsPending || _lockTimer.IsPending)
            return;
        _isClosed = true;
        ReleaseOutput();
        _receive.Drop();
        ClunkAll();
        Loop.Close(_socket);
        _server.Forget(this);
    }

    private void StartReceive()
    {
        if (_isClosing || _isDraining || _isPaused || _receiveDone.IsPending)
            return;
        MakeRoom();
        Loop.Receive(_socket, _receive.Memory.Slice(_end, _receive.Memory.Capacity - _end), _receiveDone);
    }

    /// <summary>Leaves room for the frame that is coming; a buffer that a write still reads from is left to that write.</summary>
    private void MakeRoom()
    {
        var left = _end - _start;
        var need = Math.Max(ReceiveSize, _msize);
        if (_receive.References > 1 || _receive.Memory.Capacity < need)
        {
            if (left == 0 || _receive.Memory.Capacity - _start < need || _receive.References > 1)
            {
                var next = new ReceiveBuffer(Loop.Buffers.Rent(need));
                _receive.Memory.GetSpan().Slice(_start, left).CopyTo(next.Memory.GetSpan());
                if (_receive.References > 1)
                    _heldBytes += _receive.Memory.Capacity;
                _receive.Drop();
                _receive = next;
                (_start, _end) = (0, left);
            }
        }
        else if (left == 0)
        {
            (_start, _end) = (0, 0);
        }
        else if (_start > 0 && _receive.Memory.Capacity - _start < need)
        {
            var span = _receive.Memory.GetSpan();
            span.Slice(_start, left).CopyTo(span);
            (_start, _end) = (0, left);
        }
    }

    private void Received(int result)
    {
        if (_isClosing)
        {
            FinishClose();
            return;
        }

        if (result <= 0)
        {
            if (_isDraining && result == -(int)Errno.ECANCELED)
                QueueTurnEnd();
            else
                Close();
            return;
        }

        _end += result;
        Parse();
        StartReceive();
        QueueTurnEnd();
        if (_isClosing)
            FinishClose();
    }

    private void Parse()
    {
        _isParsing = true;
        using var run = RequestRun.Begin();
        while (!_isClosing && _end - _start >= 4)
        {
            var left = _receive.Memory.GetSpan()[_start.._end];
            var size = BinaryPrimitives.ReadUInt32LittleEndian(left);
            if (size < P9Limits.HeaderSize || size > (uint)_msize)
            {
                Malformed("frame size");
                break;
            }

            if (left.Length < size)
                break;
            if (IsFarOverLimit || (IsOverLimit && (P9Type)left[4] is not (P9Type.Tflush or P9Type.Tversion)))
            {
                _isPaused = true;
                break;
            }

            var from = _start;
            _start += (int)size;
            Loop.CountRequests(1);
            RunFrame(from, (int)size);
        }

        _isParsing = false;
    }

    private void Malformed(string what)
    {
        _server.MalformedFrames?.Add();
        _options.Log.Write(LogLevel.Warning, $"9p: {_peer}: malformed {what}, closing");
        Close();
    }

    private sealed class ReceiveDone(NinePConnection connection) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => connection.Received(result);

        public void OnFault(Exception error) => connection.OnFault(error);
    }

    private sealed class SendDone(NinePConnection connection) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => connection.Sent(result);

        public void OnFault(Exception error) => connection.OnFault(error);
    }

    private sealed class HandshakeTimer(NinePConnection connection) : IoCompletion, IFaultOwner
    {
        public void OnFault(Exception error) => connection.OnFault(error);

        public override void Complete(int result)
        {
            if (connection._hasVersion || connection._isClosing)
            {
                if (connection._isClosing)
                    connection.FinishClose();
            }
            else if (result == 0)
            {
                connection._options.Log.Write(LogLevel.Info, $"9p: {connection._peer}: no version within {connection._options.HandshakeTimeoutMs} ms, closing");
                connection.Close();
            }
            else
            {
                // Cancelled for a session that has ended since.
                connection.StartHandshake();
            }
        }
    }

    private sealed class LockTimer(NinePConnection connection) : IoCompletion, IFaultOwner
    {
        public void OnFault(Exception error) => connection.OnFault(error);

        public override void Complete(int result)
        {
            if (connection._isClosing)
                connection.FinishClose();
            else
                connection.RetryLocks();
        }
    }
}
