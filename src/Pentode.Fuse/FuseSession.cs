using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Fuse.Wire;
using Pentode.Linux.Fuse;
using Pentode.Uring;

namespace Pentode.Fuse;

/// <summary>
/// Answers the kernel's FUSE requests about one mount from one volume (linux/fuse.h, fuse(4)). Everything lives on one loop. The kernel hands
/// out requests one read at a time and takes replies one write at a time; a reply is written as soon as it is known.
/// </summary>
public sealed partial class FuseSession : IFaultOwner
{
    private const int MaxRequestsPerTurn = 32;
    private const int PollIn = 1;

    private readonly int _device;
    private readonly Volume _volume;
    private readonly FuseOptions _options;
    private readonly FuseCallers _callers;
    private readonly PollCompletion _poll;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FuseSpin _spin = new(Environment.ProcessorCount);
    private readonly Stack<FuseRequest> _idle = new();
    private readonly Dictionary<ulong, FuseRequest> _pending = [];
    private NativeBuffer? _input;
    private long _heldBytes;
    private long _requests;
    private long _errors;
    private long _idleSince;
    private int _awaited;
    private bool _isBurst;
    private bool _isStarted;
    private bool _isStarved;
    private bool _isEnding;
    private bool _isClosing;

    /// <summary>A session over an open /dev/fuse that is mounted; it owns the descriptor, not the volume. Nothing happens before <see cref="Start"/>.</summary>
    public FuseSession(IoLoop loop, int device, Volume volume, FuseOptions options)
    {
        ArgumentNullException.ThrowIfNull(loop);
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(options);
        Loop = loop;
        _device = device;
        _volume = volume;
        _options = options;
        _callers = new FuseCallers(options.UsesGroups, (long)options.GroupsLifetime.TotalMilliseconds);
        _poll = new PollCompletion(this);
        _retryLocks = new LockTimer(this);
    }

    /// <summary>Where it lives.</summary>
    public IoLoop Loop { get; }

    /// <summary>Ends when the mount is gone and everything is closed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Requests so far. Any thread, perhaps a little behind.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>Requests answered with an error. Any thread, perhaps a little behind.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>Nodes the kernel knows. Any thread, perhaps a little behind.</summary>
    public int KnownNodes => _nodes.Count;

    /// <summary>Open files and directories. Any thread, perhaps a little behind.</summary>
    public int OpenFiles => _handles.Count;

    /// <summary>Begins to answer. Any thread.</summary>
    public void Start() => Loop.Post(static s => ((FuseSession)s!).Begin(), this);

    /// <summary>
    /// Stops answering: requests that wait are given up, files closed, the device closed, after which whoever still uses the mount gets ENOTCONN.
    /// Any thread.
    /// </summary>
    public Task StopAsync()
    {
        Loop.Post(static s => ((FuseSession)s!).End("stopped"), this);
        return Ended;
    }

    void IFaultOwner.OnFault(Exception error) => End("an internal error");

    private void Begin()
    {
        var root = _volume.Attach();
        if (!root.IsOk)
        {
            _options.Log.Write(LogLevel.Error, $"fuse: {_options.Source}: cannot open the root: {root.Error}");
            End("no root");
            return;
        }

        // The root is the kernel's for as long as the mount is there.
        _ = Know(root.Value);
        _isStarted = true;
        Arm();
    }

    private void Arm()
    {
        if (_isEnding || _poll.IsPending)
            return;
        _isStarved = _heldBytes >= _options.MaxHeldBytes;
        if (!_isStarved)
            Loop.Poll(_device, PollIn, _poll);
    }

    private void OnReadable(int result)
    {
        if (_isEnding || result < 0)
        {
            End("the loop stops");
            return;
        }

        _spin.Slept(Stopwatch.GetTimestamp() - _idleSince);
        var taken = TakeSome();
        // What is under way may have ended on this loop: that is not to be kept waiting.
        while (taken < MaxRequestsPerTurn && _pending.Count == 0 && _spin.IsWorthIt && LookForMore(out var more))
            taken += more;
        Loop.CountRequests(taken);
        Volatile.Write(ref _requests, _requests + taken);
        _idleSince = Stopwatch.GetTimestamp();
        Arm();
    }

    private int TakeSome()
    {
        var taken = 0;
        _awaited = 0;
        using (RequestRun.Begin())
        {
            while (taken < MaxRequestsPerTurn && MayTake)
            {
                // One request at a time is what one program does; looking for a second each time would be in vain. But for nobody waits for the
                // answer to the last (a file is released, nodes are forgotten): then he has gone on, and perhaps asked already.
                if (_awaited == 1 && !_isBurst && _pending.Count == 0)
                    break;
                if (!TakeOne())
                    break;
                taken++;
            }
        }

        _isBurst = _awaited > 1 || _pending.Count > 0;
        return taken;
    }

    // Instead of sleeping, for as long as the spin says. A run of requests begins anew with each that comes.
    private bool LookForMore(out int taken)
    {
        var end = Stopwatch.GetTimestamp() + FuseSpin.LookNs;
        do
            taken = MayTake ? TakeSome() : 0;
        while (taken == 0 && MayTake && Stopwatch.GetTimestamp() < end);
        _spin.Looked(taken > 0);
        return taken > 0;
    }

    private bool MayTake => _heldBytes < _options.MaxHeldBytes && !_isEnding;

    // False when there is nothing more to take.
    private bool TakeOne()
    {
        _input ??= Loop.Buffers.Rent(FuseLimits.RequestBuffer);
        var length = FuseCalls.Read(_device, _input.GetSpan());
        if (length >= 0)
        {
            RunRequest(length);
            return true;
        }

        switch ((Errno)(-length))
        {
            case Errno.EAGAIN:
                return false;
            case Errno.EINTR or Errno.ENOENT:
                return true;
            case Errno.ENODEV or Errno.ECONNABORTED:
                End("unmounted");
                return false;
            default:
                _options.Log.Write(LogLevel.Error, $"fuse: {_options.Source}: cannot read requests: {(Errno)(-length)}");
                End("the device failed");
                return false;
        }
    }

    private void End(string why)
    {
        if (_isEnding)
            return;
        _isEnding = true;
        _options.Log.Write(LogLevel.Debug, $"fuse: {_options.Source}: {why}");
        if (_poll.IsPending)
            Loop.Cancel(_poll);
        foreach (var waiting in _lockWaiters.ToArray())
            GiveUpLock(waiting);
        foreach (var request in _pending.Values.ToArray())
            request.Interrupt();
        FinishEnd();
    }

    // Files are closed when the last request has ended, the device last: the kernel then fails what is still asked.
    private void FinishEnd()
    {
        if (_isClosing || _pending.Count > 0 || _poll.IsPending)
            return;
        _isClosing = true;
        _ = CloseAll();
    }

    private async Task CloseAll()
    {
        foreach (var handle in _handles.All())
            await CloseFile(handle);
        foreach (var node in _nodes.All())
            Drop(node);
        _input?.Release();
        _input = null;
        Loop.Close(_device);
        if (_isStarted)
            _options.Log.Write(LogLevel.Info, $"fuse: {_options.Source}: ended after {_requests} requests");
        _ended.SetResult();
    }

    private sealed class PollCompletion(FuseSession session) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result)
        {
            if (session._isEnding)
                session.FinishEnd();
            else
                session.OnReadable(result);
        }

        public void OnFault(Exception error) => session.End("an internal error");
    }
}
