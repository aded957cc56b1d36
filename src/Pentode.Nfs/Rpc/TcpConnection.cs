using System.Buffers.Binary;
using System.Net;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Nfs.Server;
using Pentode.Uring;

namespace Pentode.Nfs.Rpc;

/// <summary>
/// One connection (record marking, RFC 5531 section 11). Lives on its loop's thread. All complete records of a turn are run in order; what
/// completes at once is answered into one buffer that is sent when the turn ends, everything else in whatever order it completes.
/// </summary>
internal sealed partial class TcpConnection : RpcTransport, ITurnEnd, IFaultOwner
{
    private const int ReceiveSize = 256 << 10;

    /// <summary>Fragments without a byte in them that a record may have.</summary>
    private const int MaxEmptyFragments = 16;

    /// <summary>Arguments up to this size are copied, so that the receive buffer can be used again at once.</summary>
    private const int CopiedArguments = 512;

    private readonly NfsServer _server;
    private readonly NfsServerOptions _options;
    private readonly NfsLoop _worker;
    private readonly int _socket;
    private readonly string _peer;
    private readonly NfsClient _client;
    private readonly bool _isPrivileged;
    private readonly ReceiveDone _receiveDone;
    private readonly SendDone _sendDone;
    private readonly IdleTimer _idleTimer;
    private readonly Stack<RpcCall> _idle = new();
    private readonly CredentialCache _credentials = new();
    private readonly long _acceptedAt = Environment.TickCount64;
    private ReceiveBuffer _receive;
    private int _start;
    private int _end;
    private int _recordSize;

    /// <summary>A record in several fragments is put together here.</summary>
    private NativeBuffer? _assembly;
    private int _assembled;
    private int _emptyFragments;

    private int _pending;
    private long _heldBytes;
    private long _lastCallAt;
    private bool _isPaused;
    private bool _isTurnEndQueued;
    private bool _isParsing;
    private bool _isClosing;
    private bool _isClosed;
    private bool _isDraining;
    private bool _hasFaulted;

    public TcpConnection(NfsServer server, NfsLoop worker, int socket, string peer, long id)
    {
        _server = server;
        _options = server.Options;
        _worker = worker;
        Loop = worker.Loop;
        _socket = socket;
        _peer = peer;
        Id = id;
        var (address, port) = Parse(peer);
        _client = server.ClientOf(address);
        _isPrivileged = port is > 0 and < 1024;
        _receive = new ReceiveBuffer(Loop.Buffers.Rent(ReceiveSize));
        _receiveDone = new ReceiveDone(this);
        _sendDone = new SendDone(this);
        _idleTimer = new IdleTimer(this);
        _lastCallAt = Loop.NowMs;
    }

    public long Id { get; }

    public override IoLoop Loop { get; }

    public override string Name => "tcp";

    public override int MarkSize => RpcConstants.RecordMark;

    public override int MaxTransfer => _options.MaxTransfer;

    private int MaxRecord => _options.MaxTransfer + NfsServerOptions.RecordOverhead;

    private long InFlightBytes => _heldBytes + _unsentBytes + _unsentSlack;

    private bool IsOverLimit => _pending >= _options.MaxCalls || InFlightBytes > _options.MaxInFlightBytes;

    public void Start()
    {
        Loop.Delay(_options.IdleTimeoutMs, _idleTimer);
        StartReceive();
    }

    /// <summary>A snapshot; any thread, torn values do no harm.</summary>
    public SessionInfo Describe() => new()
    {
        Id = Id, Protocol = "nfs", Peer = _peer, AgeSeconds = (Environment.TickCount64 - _acceptedAt) / 1000, Export = _export, User = _user,
        Operations = _operations, Errors = _errors, BytesRead = _bytesRead, BytesWritten = _bytesWritten, InFlight = _pending,
    };

    /// <summary>No more calls; closes when those under way are answered.</summary>
    public void Drain()
    {
        _isDraining = true;
        if (_receiveDone.IsPending)
            Loop.Cancel(_receiveDone);
        QueueTurnEnd();
    }

    /// <summary>Closes now: replies not yet sent are dropped, calls under way end unanswered.</summary>
    public void Close()
    {
        if (!_isClosing)
        {
            _isClosing = true;
            if (_receiveDone.IsPending)
                Loop.Cancel(_receiveDone);
            if (_sendDone.IsPending)
                Loop.Cancel(_sendDone);
            if (_idleTimer.IsPending)
                Loop.Cancel(_idleTimer);
        }

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

    /// <inheritdoc/>
    public void OnFault(Exception error)
    {
        // Once: an end that throws again must not go round for ever.
        if (_hasFaulted || _isClosed)
            return;
        _hasFaulted = true;
        _isParsing = false;
        Close();
    }

    private static (IPAddress Address, int Port) Parse(string peer)
    {
        if (!IPEndPoint.TryParse(peer, out var end))
            return (IPAddress.Loopback, 0);
        return (end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address, end.Port);
    }

    private void QueueTurnEnd()
    {
        if (_isTurnEndQueued || _isClosed)
            return;
        _isTurnEndQueued = true;
        Loop.AtTurnEnd(this);
    }

    private void FinishClose()
    {
        if (_isClosed || _isParsing || _pending > 0 || _receiveDone.IsPending || _sendDone.IsPending || _idleTimer.IsPending)
            return;
        _isClosed = true;
        ReleaseOutput();
        _receive.Drop();
        _assembly?.Release();
        _assembly = null;
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

    /// <summary>Leaves room for the fragment that is coming; a buffer that a call still reads from is left to that call.</summary>
    private void MakeRoom()
    {
        var left = _end - _start;
        var need = Math.Max(ReceiveSize, _recordSize + RpcConstants.RecordMark);
        var isShared = _receive.References > 1;
        if (isShared || _receive.Memory.Capacity < need || (left == 0 && _receive.Memory.Capacity > ReceiveSize && _recordSize == 0))
        {
            if (isShared && _receive.Memory.Capacity - _start >= need && _receive.Memory.Capacity - _end > 0)
                return;
            var next = new ReceiveBuffer(Loop.Buffers.Rent(need));
            _receive.Memory.GetSpan().Slice(_start, left).CopyTo(next.Memory.GetSpan());
            if (isShared)
                _heldBytes += _receive.Memory.Capacity;
            _receive.Drop();
            _receive = next;
            (_start, _end) = (0, left);
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
        _lastCallAt = Loop.NowMs;
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
        while (!_isClosing && _end - _start >= RpcConstants.RecordMark)
        {
            var left = _receive.Memory.GetSpan()[_start.._end];
            var mark = BinaryPrimitives.ReadUInt32BigEndian(left);
            var isLast = (mark & RpcConstants.LastFragment) != 0;
            var size = mark & ~RpcConstants.LastFragment;
            if (size > MaxRecord - _assembled)
            {
                Malformed("record size");
                break;
            }

            _recordSize = (int)size;
            if (left.Length - RpcConstants.RecordMark < (int)size)
                break;
            if (IsOverLimit && isLast)
            {
                _isPaused = true;
                break;
            }

            var from = _start + RpcConstants.RecordMark;
            _start = from + (int)size;
            _recordSize = 0;
            if (!isLast || _assembly is not null)
            {
                Assemble(left.Slice(RpcConstants.RecordMark, (int)size), isLast);
            }
            else
            {
                Loop.CountRequests(1);
                RunRecord(_receive, from, (int)size);
            }
        }

        _isParsing = false;
    }

    private void Assemble(ReadOnlySpan<byte> fragment, bool isLast)
    {
        if (fragment.IsEmpty && !isLast && ++_emptyFragments > MaxEmptyFragments)
        {
            Malformed("record of empty fragments");
            return;
        }

        if (_assembly is null || _assembly.Capacity < _assembled + fragment.Length)
        {
            var larger = Loop.Buffers.Rent(Math.Max(4096, Math.Min(MaxRecord, 2 * (_assembled + fragment.Length))));
            if (_assembly is not null)
            {
                _assembly.GetSpan()[.._assembled].CopyTo(larger.GetSpan());
                _assembly.Release();
            }

            _assembly = larger;
        }

        fragment.CopyTo(_assembly.GetSpan()[_assembled..]);
        _assembled += fragment.Length;
        if (!isLast)
            return;
        var whole = new ReceiveBuffer(_assembly);
        var size = _assembled;
        _assembly = null;
        (_assembled, _emptyFragments) = (0, 0);
        Loop.CountRequests(1);
        RunRecord(whole, 0, size);
        if (whole.References > 1)
            _heldBytes += whole.Memory.Capacity;
        whole.Drop();
    }

    private void RunRecord(ReceiveBuffer buffer, int from, int size)
    {
        var message = buffer.Memory.GetSpan().Slice(from, size);
        if (!_idle.TryPop(out var call))
            call = new RpcCall(this);
        call.Client = _client;
        call.IsFromPrivilegedPort = _isPrivileged;
        if (!RpcCallHeader.TryRead(message, out var header))
        {
            _idle.Push(call);
            Malformed("call");
            return;
        }

        var arguments = size - header.ArgumentsAt;
        if (arguments > CopiedArguments)
        {
            buffer.Take();
            call.Receive = buffer;
            call.Arguments = buffer.Memory.Slice(from + header.ArgumentsAt, arguments);
        }
        else
        {
            call.CopyArguments(message[header.ArgumentsAt..]);
        }

        _operations++;
        if (_worker.Run(call, header, _credentials))
            Retire(call);
        else
            (call.IsPending, _pending) = (true, _pending + 1);
    }

    /// <inheritdoc/>
    public override void Continue(RpcCall call)
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static c => ((RpcCall)c!).Continue(), call);
            return;
        }

        _worker.Finish(call);
        Retire(call);
    }

    /// <inheritdoc/>
    public override void Hold(RpcCall call, int bytes)
    {
        call.HeldBytes += bytes;
        _heldBytes += bytes;
    }

    private void Retire(RpcCall call)
    {
        if (call.IsPending)
            (call.IsPending, _pending) = (false, _pending - 1);
        if (call.Status != 0)
            _errors++;
        _heldBytes -= call.HeldBytes;
        call.HeldBytes = 0;
        if (call.Receive is { } receive)
        {
            var capacity = receive.Memory.Capacity;
            if (receive.Drop())
                _heldBytes -= capacity;
            call.Receive = null;
        }

        call.Arguments = default;
        if (_idle.Count < _options.MaxCalls)
            _idle.Push(call);
        if (_isClosing)
            FinishClose();
        else
            QueueTurnEnd();
    }

    private void Malformed(string what)
    {
        _server.Malformed?.Add();
        _options.Log.Write(LogLevel.Warning, $"nfs: {_peer}: malformed {what}, closing");
        Close();
    }

    private void Idle(int result)
    {
        if (_isClosing)
        {
            FinishClose();
            return;
        }

        var quiet = Loop.NowMs - _lastCallAt;
        if (result == 0 && _pending == 0 && quiet >= _options.IdleTimeoutMs)
            Close();
        else
            Loop.Delay(Math.Max(1000, _options.IdleTimeoutMs - quiet), _idleTimer);
    }

    private sealed class ReceiveDone(TcpConnection connection) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => connection.Received(result);

        public void OnFault(Exception error) => connection.OnFault(error);
    }

    private sealed class SendDone(TcpConnection connection) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => connection.Sent(result);

        public void OnFault(Exception error) => connection.OnFault(error);
    }

    private sealed class IdleTimer(TcpConnection connection) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => connection.Idle(result);

        public void OnFault(Exception error) => connection.OnFault(error);
    }
}
