using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.NineP.Wire;
using Pentode.Uring;
using Pentode.Uring.Streams;

namespace Pentode.NineP.Server;

/// <summary>
/// One connection. Lives on its loop's thread. All complete frames of a turn are run in order; what completes at once is answered
/// when the turn ends.
/// </summary>
internal sealed partial class NinePConnection : FramedStream
{
    private readonly NinePServer _server;
    private readonly NinePServerOptions _options;
    private readonly string _peer;
    private readonly HandshakeTimer _handshake;
    private readonly LockTimer _lockTimer;
    private readonly Stack<Request> _requests = new();
    private readonly Dictionary<ushort, Request> _tags = [];
    private int _msize = P9Limits.HandshakeFrame;
    private bool _hasVersion;
    private int _epoch;
    private readonly long _acceptedAt = Environment.TickCount64;
    private string _export = "";
    private string _user = "";
    private long _operations;
    private long _errors;

    public NinePConnection(NinePServer server, IoLoop loop, int socket, string peer, long id)
        : base(loop, socket)
    {
        _server = server;
        _options = server.Options;
        _peer = peer;
        Id = id;
        _handshake = new HandshakeTimer(this);
        _lockTimer = new LockTimer(this);
    }

    public long Id { get; }

    public string Peer => _peer;

    /// <summary>Attach name of the export in use, empty before the first attach.</summary>
    public string Export => _export;

    /// <summary>Counts; any thread.</summary>
    public ExportTotals Totals { get; } = new();

    /// <summary>Fids in use; any thread.</summary>
    public int FidCount => _fids.Count;

    /// <summary>Requests under way; any thread.</summary>
    public int PendingCount => Pending;

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
        Id = Id, Protocol = "9p", Peer = _peer, AgeSeconds = (Environment.TickCount64 - _acceptedAt) / 1000, User = _user, Export = _export, Operations = _operations, Errors = _errors, BytesRead = Totals.BytesRead, BytesWritten = Totals.BytesWritten, InFlight = Pending,
    };

    protected override bool IsOverLimit => Pending >= _options.MaxTags || InFlightBytes > _options.MaxInFlightBytes;

    protected override bool HasTimers => _handshake.IsPending || _lockTimer.IsPending;

    /// <summary>Even Tflush and Tversion wait: somebody asks and does not read.</summary>
    private bool IsFarOverLimit => InFlightBytes > 2 * _options.MaxInFlightBytes;

    /// <inheritdoc/>
    protected override void OnDraining()
    {
        DropLockWaiters(answer: true);
        GiveUpWaiting(of: null);
    }

    /// <inheritdoc/>
    protected override void OnClosing()
    {
        _epoch++;
        DropLockWaiters(answer: false);
        GiveUpWaiting(of: null);
        if (_handshake.IsPending)
            Loop.Cancel(_handshake);
        if (_lockTimer.IsPending)
            Loop.Cancel(_lockTimer);
    }

    /// <inheritdoc/>
    protected override void OnClosed()
    {
        ClunkAll();
        _server.Forget(this);
    }

    /// <inheritdoc/>
    protected override void TakeFrames()
    {
        using var run = RequestRun.Begin();
        while (!IsClosing && Arrived is { Length: >= 4 } left)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(left);
            if (size < P9Limits.HeaderSize || size > (uint)_msize)
            {
                Malformed("frame size");
                break;
            }

            if (left.Length < size)
            {
                Expect((int)size);
                break;
            }

            if (IsFarOverLimit || (IsOverLimit && (P9Type)left[4] is not (P9Type.Tflush or P9Type.Tversion)))
            {
                Pause();
                break;
            }

            Loop.CountRequests(1);
            RunFrame(Take((int)size), (int)size);
        }
    }

    private void Malformed(string what)
    {
        _server.MalformedFrames?.Add();
        _options.Log.Write(LogLevel.Warning, $"9p: {_peer}: malformed {what}, closing");
        Close();
    }

    private sealed class HandshakeTimer(NinePConnection connection) : IoCompletion, IFaultOwner
    {
        public void OnFault(Exception error) => connection.OnFault(error);

        public override void Complete(int result)
        {
            if (connection._hasVersion || connection.IsClosing)
            {
                if (connection.IsClosing)
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
            if (connection.IsClosing)
                connection.FinishClose();
            else
                connection.RetryLocks();
        }
    }
}
