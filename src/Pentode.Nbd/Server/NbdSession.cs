using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <summary>
/// One connection on its loop. Every complete request that has arrived is started at once; replies gather in <see cref="NbdOutput"/> and
/// leave with one send at the end of the turn. Reading stops while too much is under way or unsent, so a client can only stall itself.
/// </summary>
internal sealed partial class NbdSession : IoCompletion, ITurnEnd
{
    /// <summary>The id under which base:allocation is announced.</summary>
    public const uint AllocationContextId = 1;

    private const int ReceiveSize = 256 * 1024;
    private const int SmallTransfer = 32 * 1024;

    // A receive while large writes come: the header and one page of the payload, whose rest then goes straight to its own buffer, at a page.
    private const int HeaderReceive = NbdWire.RequestSize + 4096;
    private const int LingerMs = 5000;

    private readonly NbdServer _server;
    private readonly NbdServerOptions _options;
    private readonly NbdOutput _output;
    private readonly Stack<NbdRequest> _idle = new();
    private readonly PayloadCompletion _payload;
    private readonly CutCompletion _cut;
    private readonly int _socket;
    private readonly string _peer;
    private readonly Stack<NbdBlock> _idleInputs = new();
    private NbdBlock _in;
    private bool _hasLargeWrites;
    private BlockExport? _export;
    private bool _isStructured;
    private bool _hasAllocation;
    private int _start;
    private int _end;
    private uint _discard;
    private NbdRequest? _filling;
    private NbdRequest? _piece;
    private int _missing;
    private int _inFlight;
    private long _inFlightBytes;
    private bool _isInTurn;
    private bool _isHandshaking = true;
    private bool _isClosing;
    private bool _hasFailed;
    private bool _isClosed;
    private readonly long _acceptedAt = Environment.TickCount64;
    private long _operations;
    private long _begun;
    private long _bytesRead;
    private long _bytesWritten;
    private long _errors;

    public NbdSession(NbdServer server, IoLoop loop, int socket, string peer, long id, BlockExport? oldStyle)
    {
        _server = server;
        _options = server.Options;
        Loop = loop;
        _socket = socket;
        _peer = peer;
        _export = oldStyle;
        Id = id;
        _output = new NbdOutput(loop, socket, OnSent, this);
        _payload = new PayloadCompletion(this);
        _cut = new CutCompletion(this);
        _in = NewInput();
    }

    public long Id { get; }

    public IoLoop Loop { get; }

    public SessionInfo Snapshot() => new()
    {
        Id = Id,
        Protocol = "nbd",
        Peer = _peer,
        AgeSeconds = (Environment.TickCount64 - _acceptedAt) / 1000,
        Export = _export?.Name ?? "",
        Operations = Volatile.Read(ref _operations),
        BytesRead = Volatile.Read(ref _bytesRead),
        BytesWritten = Volatile.Read(ref _bytesWritten),
        Errors = Volatile.Read(ref _errors),
        InFlight = _inFlight,
    };

    public bool Serves(BlockExport export) => ReferenceEquals(_export, export);

    public async void Start()
    {
#pragma warning disable CA1031 // nobody awaits this: a bug met in a handshake may cost its connection only
        try
        {
            await Negotiate();
        }
        catch (Exception e)
        {
            _options.Log.Write(LogLevel.Error, $"nbd {_peer}: closed by an internal error: {e}");
            _isHandshaking = false;
            BeginClose();
        }
#pragma warning restore CA1031
    }

    private async ValueTask Negotiate()
    {
        Loop.Delay(_options.HandshakeTimeoutMs, _cut);
        var handshake = new NbdHandshake(_server, Loop, _socket, _in.Buffer!, _export);
        var settled = await handshake.Run();
        _isHandshaking = false;
        Loop.Cancel(_cut);
        if (handshake.Violation is { } violation)
            Violated(violation);
        if (settled is null || _hasFailed || _isClosing)
        {
            BeginClose();
            return;
        }

        _export = settled.Export;
        _isStructured = settled.IsStructured;
        _hasAllocation = settled.HasAllocationContext;
        if (_options.Log.IsEnabled(LogLevel.Info))
            _options.Log.Write(LogLevel.Info, $"nbd {_peer}: serves '{_export.Name}'{(_isStructured ? " with structured replies" : "")}");
        Arm();
    }

    /// <summary>No more requests; closes when those under way are answered. Loop thread.</summary>
    public void BeginClose()
    {
        if (_isClosed)
            return;
        if (_isHandshaking)
        {
            _isClosing = true;
            Sockets.Shutdown(_socket);
            return;
        }

        if (!_isClosing)
        {
            _isClosing = true;
            if (IsPending)
                Loop.Cancel(this);
            if (_payload.IsPending)
                Loop.Cancel(_payload);
            if (!_cut.IsPending)
                Loop.Delay(LingerMs, _cut);
        }

        Touch();
    }

    /// <summary>No more requests, and no more waiting for the client. Loop thread.</summary>
    public void End()
    {
        BeginClose();
        Cut();
    }

    /// <summary>Ends the connection without waiting for the client. Loop thread.</summary>
    public void Cut()
    {
        if (!_isClosed)
            Sockets.Shutdown(_socket);
    }

    /// <summary>Bytes arrived.</summary>
    public override void Complete(int result)
    {
        if (result <= 0)
        {
            // The end without DISC is how killed clients leave: no error.
            BeginClose();
            return;
        }

        _end += result;
        Parse();
        Touch();
    }

    public void OnTurnEnd()
    {
        _isInTurn = false;
        if (_isClosed)
            return;
        if (_hasFailed)
            _output.Discard();
        else
            _output.Send(isPatient: !_isClosing && (IsPending || _payload.IsPending || (_filling is null && HasRoom)));
        if (_isClosing)
        {
            TryClose();
            return;
        }

        if (!IsPending && !_payload.IsPending)
        {
            if (_end - _start >= NbdWire.RequestSize && HasRoom)
                Parse();
            Arm();
        }
    }

    private bool HasRoom => _inFlight < _options.MaxInFlightRequests && _inFlightBytes < _options.MaxInFlightBytes &&
        _output.UnsentBytes < _options.MaxUnsentBytes &&
        (Loop.Buffers.RentedBytes < _options.MaxLoopBytes || (_inFlight == 0 && _output.UnsentBytes == 0));

    private void Touch()
    {
        if (_isInTurn || _isClosed)
            return;
        _isInTurn = true;
        Loop.AtTurnEnd(this);
    }

    private void Arm()
    {
        if (_isClosing || IsPending || _payload.IsPending || _filling is not null || !HasRoom)
            return;
        MakeRoom();
        var room = _in.Buffer!.Capacity - _end;
        Loop.Receive(_socket, _in.Buffer.Slice(_end, _hasLargeWrites ? Math.Min(HeaderReceive, room) : room), this);
    }

    // Room to receive: behind what is here, else at the front of the buffer, or of a fresh one while writes under way still use this.
    private void MakeRoom()
    {
        var rest = _end - _start;
        if (_in.Users > 1)
        {
            if (_in.Buffer!.Capacity - _end >= SmallTransfer + NbdWire.RequestSize)
                return;
            var used = _in;
            _in = NewInput();
            used.Buffer!.GetSpan()[_start.._end].CopyTo(_in.Buffer!.GetSpan());
            used.Users--;
        }
        else if (rest > 0)
        {
            if (_in.Buffer!.Capacity - _end >= SmallTransfer + NbdWire.RequestSize)
                return;
            _in.Buffer.GetSpan()[_start.._end].CopyTo(_in.Buffer.GetSpan());
        }

        _start = 0;
        _end = rest;
    }

    private NbdBlock NewInput()
    {
        var block = _idleInputs.TryPop(out var idle) ? idle : new NbdBlock();
        block.Buffer = Loop.Buffers.Rent(ReceiveSize);
        block.Users = 1;
        return block;
    }

    private void ReleaseInput(NbdBlock block)
    {
        if (--block.Users > 0)
            return;
        block.Buffer!.Release();
        block.Buffer = null;
        _idleInputs.Push(block);
    }

    private void OnSent(int result)
    {
        if (result < 0)
        {
            _hasFailed = true;
            BeginClose();
        }

        Touch();
    }

    private void Violated(string what)
    {
        _server.Violations?.Add();
        _options.Log.Write(LogLevel.Warning, $"nbd {_peer}: closed: {what}");
        _isClosing = true;
        if (!_cut.IsPending)
            Loop.Delay(LingerMs, _cut);
        Touch();
    }

    private void OnDeadline(int result)
    {
        if (_isClosed)
            return;
        if (result == 0)
        {
            if (_isHandshaking && !_isClosing)
                Violated($"no handshake within {_options.HandshakeTimeoutMs} ms");
            Cut();
        }
        else if (_isClosing && !_isHandshaking)
        {
            // The deadline of the handshake was still ending when the connection began to close, which needs one too.
            Loop.Delay(LingerMs, _cut);
        }
    }

    private void TryClose()
    {
        if (_isHandshaking || _inFlight > 0 || _output.IsSending || _output.HasQueued || IsPending || _payload.IsPending)
            return;
        _isClosed = true;
        if (_cut.IsPending)
            Loop.Cancel(_cut);
        _output.Close();
        ReleaseInput(_in);
        _in = null!;
        Loop.Close(_socket);
        _server.Remove(this);
        if (_options.Log.IsEnabled(LogLevel.Info))
            _options.Log.Write(LogLevel.Info, $"nbd {_peer}: closed after {_operations} requests");
    }

    /// <summary>Receives the rest of a large payload.</summary>
    private sealed class PayloadCompletion(NbdSession session) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => session.OnPayload(result);

        public void OnFault(Exception error) => session.OnFault(error);
    }

    /// <summary>A deadline: of the handshake, or of a client that does not take its last replies.</summary>
    private sealed class CutCompletion(NbdSession session) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => session.OnDeadline(result);

        public void OnFault(Exception error) => session.OnFault(error);
    }
}
