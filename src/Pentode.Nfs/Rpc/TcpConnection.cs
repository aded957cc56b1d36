using System.Buffers.Binary;
using System.Net;
using Pentode.Core.Buffers;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Nfs.Server;
using Pentode.Uring;
using Pentode.Uring.Streams;

namespace Pentode.Nfs.Rpc;

/// <summary>
/// One connection (record marking, RFC 5531 section 11). Lives on its loop's thread. All complete records of a turn are run in order; what
/// completes at once is answered when the turn ends, everything else in whatever order it completes. Every reply is one fragment.
/// </summary>
internal sealed class TcpConnection : FramedStream, IRpcTransport
{
    /// <summary>Fragments without a byte in them that a record may have.</summary>
    private const int MaxEmptyFragments = 16;

    /// <summary>Arguments up to this size are copied, so that the receive buffer can be used again at once.</summary>
    private const int CopiedArguments = 512;

    private readonly NfsServer _server;
    private readonly NfsServerOptions _options;
    private readonly NfsLoop _worker;
    private readonly string _peer;
    private readonly NfsClient _client;
    private readonly bool _isPrivileged;
    private readonly IdleTimer _idleTimer;
    private readonly Stack<RpcCall> _idle = new();
    private readonly CredentialCache _credentials = new();
    private readonly long _acceptedAt = Environment.TickCount64;

    /// <summary>A record in several fragments is put together here.</summary>
    private NativeBuffer? _assembly;
    private int _assembled;
    private int _emptyFragments;

    private long _lastCallAt;
    private string _export = "";
    private string _user = "";
    private long _operations;
    private long _errors;
    private long _bytesRead;
    private long _bytesWritten;

    public TcpConnection(NfsServer server, NfsLoop worker, int socket, string peer, long id)
        : base(worker.Loop, socket)
    {
        _server = server;
        _options = server.Options;
        _worker = worker;
        _peer = peer;
        Id = id;
        var (address, port) = Parse(peer);
        _client = server.ClientOf(address);
        _isPrivileged = port is > 0 and < 1024;
        _idleTimer = new IdleTimer(this);
        _lastCallAt = Loop.NowMs;
    }

    public long Id { get; }

    public string Name => "tcp";

    public int MarkSize => RpcConstants.RecordMark;

    public int MaxTransfer => _options.MaxTransfer;

    public bool CanSendFiles => true;

    protected override bool IsOverLimit => Pending >= _options.MaxCalls || InFlightBytes > _options.MaxInFlightBytes;

    protected override bool HasTimers => _idleTimer.IsPending;

    private int MaxRecord => _options.MaxTransfer + NfsServerOptions.RecordOverhead;

    public void Start()
    {
        Loop.Delay(_options.IdleTimeoutMs, _idleTimer);
        StartReceive();
    }

    /// <summary>A snapshot; any thread, torn values do no harm.</summary>
    public SessionInfo Describe() => new()
    {
        Id = Id, Protocol = "nfs", Peer = _peer, AgeSeconds = (Environment.TickCount64 - _acceptedAt) / 1000, Export = _export, User = _user,
        Operations = _operations, Errors = _errors, BytesRead = _bytesRead, BytesWritten = _bytesWritten, InFlight = Pending,
    };

    /// <inheritdoc/>
    public void Note(string export, string? user) => (_export, _user) = (export, user ?? _user);

    /// <inheritdoc/>
    public void CountBytes(int read, int written)
    {
        _bytesRead += read;
        _bytesWritten += written;
    }

    /// <inheritdoc/>
    public Span<byte> Reserve(int size) => Output.Reserve(size);

    /// <inheritdoc/>
    public void Commit(RpcCall call, int size)
    {
        if (IsClosing)
            return;
        Mark(Output.Reserve(size), size);
        Output.Commit(size);
        QueueTurnEnd();
    }

    /// <inheritdoc/>
    public void Send(RpcCall call, NativeBuffer buffer, int start, int size)
    {
        if (IsClosing)
        {
            buffer.Release();
            return;
        }

        Mark(buffer.GetSpan()[start..], size);
        Output.Append(buffer, start, size);
        QueueTurnEnd();
    }

    /// <inheritdoc/>
    public void SendFile(int headSize, CachedRange range, int length, IStreamPart owner)
    {
        if (IsClosing)
        {
            owner.OnLeft();
            return;
        }

        var padding = -length & 3;
        Mark(Output.Reserve(headSize), headSize + length + padding);
        Output.AppendFile(headSize, range, length, owner);
        Output.Reserve(padding).Clear();
        Output.Commit(padding);
        QueueTurnEnd();
    }

    /// <inheritdoc/>
    public void Continue(RpcCall call)
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
    public void Hold(RpcCall call, int bytes)
    {
        call.HeldBytes += bytes;
        HeldBytes += bytes;
    }

    /// <inheritdoc/>
    protected override void TakeFrames()
    {
        _lastCallAt = Loop.NowMs;
        using var run = RequestRun.Begin();
        while (!IsClosing && Arrived is { Length: >= RpcConstants.RecordMark } left)
        {
            var mark = BinaryPrimitives.ReadUInt32BigEndian(left);
            var isLast = (mark & RpcConstants.LastFragment) != 0;
            var size = mark & ~RpcConstants.LastFragment;
            if (size > MaxRecord - _assembled)
            {
                Malformed("record size");
                break;
            }

            var whole = RpcConstants.RecordMark + (int)size;
            if (left.Length < whole)
            {
                Expect(whole);
                break;
            }

            if (IsOverLimit && isLast)
            {
                Pause();
                break;
            }

            var from = Take(whole) + RpcConstants.RecordMark;
            if (!isLast || _assembly is not null)
                Assemble(left.Slice(RpcConstants.RecordMark, (int)size), isLast);
            else
                RunRecord(Input, from, (int)size);
        }
    }

    /// <inheritdoc/>
    protected override void OnClosing()
    {
        if (_idleTimer.IsPending)
            Loop.Cancel(_idleTimer);
    }

    /// <inheritdoc/>
    protected override void OnClosed()
    {
        _assembly?.Release();
        _assembly = null;
        _server.Forget(this);
    }

    private static void Mark(Span<byte> reply, int size) =>
        BinaryPrimitives.WriteUInt32BigEndian(reply, RpcConstants.LastFragment | (uint)(size - RpcConstants.RecordMark));

    private static (IPAddress Address, int Port) Parse(string peer)
    {
        if (!IPEndPoint.TryParse(peer, out var end))
            return (IPAddress.Loopback, 0);
        return (end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address, end.Port);
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
        RunRecord(whole, 0, size);
        Leave(whole);
    }

    private void RunRecord(ReceiveBuffer buffer, int from, int size)
    {
        Loop.CountRequests(1);
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
            (call.IsPending, Pending) = (true, Pending + 1);
    }

    private void Retire(RpcCall call)
    {
        if (call.IsPending)
            (call.IsPending, Pending) = (false, Pending - 1);
        if (call.Status != 0)
            _errors++;
        HeldBytes -= call.HeldBytes;
        call.HeldBytes = 0;
        if (call.Receive is { } receive)
            Drop(receive);
        call.Receive = null;
        call.Arguments = default;
        if (_idle.Count < _options.MaxCalls)
            _idle.Push(call);
        QueueTurnEnd();
        FinishClose();
    }

    private void Malformed(string what)
    {
        _server.Malformed?.Add();
        _options.Log.Write(LogLevel.Warning, $"nfs: {_peer}: malformed {what}, closing");
        Close();
    }

    private void Idle(int result)
    {
        if (IsClosing)
        {
            FinishClose();
            return;
        }

        var quiet = Loop.NowMs - _lastCallAt;
        if (result == 0 && Pending == 0 && quiet >= _options.IdleTimeoutMs)
            Close();
        else
            Loop.Delay(Math.Max(1000, _options.IdleTimeoutMs - quiet), _idleTimer);
    }

    private sealed class IdleTimer(TcpConnection connection) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => connection.Idle(result);

        public void OnFault(Exception error) => connection.OnFault(error);
    }
}
