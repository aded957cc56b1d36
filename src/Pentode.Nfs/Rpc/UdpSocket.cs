using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Files;
using Pentode.Linux;
using Pentode.Nfs.Server;
using Pentode.Uring;

namespace Pentode.Nfs.Rpc;

/// <summary>
/// Calls that come as datagrams, one each; replies go out at once, from the address the call was sent to. What does not fit the socket's
/// buffer is lost, as datagrams are: the client asks again.
/// </summary>
internal sealed class UdpSocket : IRpcTransport, IFaultOwner
{
    /// <summary>Datagrams taken before others of the loop get their turn.</summary>
    private const int MaxBatch = 64;

    private const int MaxDatagram = 65507;
    private const int PollIn = 1;

    private readonly NfsServer _server;
    private readonly NfsLoop _worker;
    private readonly int _socket;
    private readonly Ready _ready;
    private readonly Stack<RpcCall> _idle = new();
    private readonly CredentialCache _credentials = new();
    private readonly byte[] _datagram = new byte[MaxDatagram + 1];
    private readonly byte[] _reply = new byte[MaxDatagram + 1];
    private DatagramOrigin _origin = new();
    private int _pending;
    private bool _isClosing;
    private bool _isClosed;

    public UdpSocket(NfsServer server, NfsLoop worker, int socket)
    {
        (_server, _worker, _socket) = (server, worker, socket);
        Loop = worker.Loop;
        _ready = new Ready(this);
    }

    public IoLoop Loop { get; }

    public string Name => "udp";

    public int MarkSize => 0;

    public int MaxTransfer => NfsServerOptions.MaxDatagramTransfer;

    public void Start() => Loop.Poll(_socket, PollIn, _ready);

    /// <summary>No more calls; those under way are still answered.</summary>
    public void Close()
    {
        _isClosing = true;
        if (_ready.IsPending)
            Loop.Cancel(_ready);
        FinishClose();
    }

    /// <inheritdoc/>
    public Span<byte> Reserve(int size) => _reply.AsSpan(0, Math.Min(size, _reply.Length));

    /// <inheritdoc/>
    public void Commit(RpcCall call, int size) => Send(call, _reply.AsSpan(0, size));

    /// <inheritdoc/>
    public void Send(RpcCall call, NativeBuffer buffer, int start, int size)
    {
        Send(call, buffer.GetSpan().Slice(start, size));
        buffer.Release();
    }

    /// <inheritdoc/>
    public void Hold(RpcCall call, int bytes)
    {
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
    public void OnFault(Exception error)
    {
        // One datagram's bug: the socket goes on.
        if (!_isClosing && !_ready.IsPending)
            Start();
    }

    private void Send(RpcCall call, ReadOnlySpan<byte> reply)
    {
        if (!_isClosed)
            _ = DatagramCalls.Send(_socket, reply, call.IsPending ? (DatagramOrigin)call.Origin! : _origin);
    }

    private void Receive()
    {
        if (_isClosing)
        {
            FinishClose();
            return;
        }

        using (RequestRun.Begin())
        {
            for (var i = 0; i < MaxBatch && !_isClosing; i++)
            {
                var size = DatagramCalls.Receive(_socket, _datagram, ref _origin);
                if (size == -(int)Errno.EAGAIN)
                    break;
                if (size >= 0)
                    RunDatagram(_datagram.AsSpan(0, size));
            }
        }

        if (!_isClosing)
            Start();
    }

    private void RunDatagram(ReadOnlySpan<byte> message)
    {
        if (_pending >= _server.Options.MaxCalls)
            return;
        if (!RpcCallHeader.TryRead(message, out var header))
        {
            _server.Malformed?.Add();
            return;
        }

        if (!_idle.TryPop(out var call))
            call = new RpcCall(this);
        var sender = _origin.Sender();
        call.Client = _server.ClientOf(sender.Address);
        call.IsFromPrivilegedPort = sender.Port is > 0 and < 1024;
        call.CopyArguments(message[header.ArgumentsAt..]);
        Loop.CountRequests(1);
        if (_worker.Run(call, header, _credentials))
        {
            Retire(call);
            return;
        }

        // Others come before it ends.
        call.Origin = _origin.Copy();
        call.IsPending = true;
        _pending++;
    }

    private void Retire(RpcCall call)
    {
        if (call.IsPending)
            (call.IsPending, _pending) = (false, _pending - 1);
        call.Origin = null;
        call.Arguments = default;
        if (_idle.Count < _server.Options.MaxCalls)
            _idle.Push(call);
        if (_isClosing)
            FinishClose();
    }

    private void FinishClose()
    {
        if (_isClosed || _pending > 0 || _ready.IsPending)
            return;
        _isClosed = true;
        Loop.Close(_socket);
    }

    private sealed class Ready(UdpSocket owner) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => owner.Receive();

        public void OnFault(Exception error) => owner.OnFault(error);
    }
}
