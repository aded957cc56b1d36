using System.Collections.Concurrent;
using System.Diagnostics;
using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Uring.Portable;

/// <summary>
/// The engine for kernels and containers without io_uring: epoll for sockets, worker threads for files. Same contract as the ring, only
/// slower. Operations are tried once when they start; their completions always wait for the turn.
/// </summary>
public sealed partial class PortableLoop : IoLoop
{
    private const ulong WakeCookie = ulong.MaxValue;
    private const int EventsPerTurn = 256;

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<(IoCompletion Completion, int Result)> _finished = new();
    private readonly Dictionary<ulong, PortableOperation> _operations = [];
    private readonly Queue<PortableOperation> _ended = new();
    private readonly Stack<PortableOperation> _idle = new();
    private readonly TimerQueue _timers = new();
    private readonly WorkerPool _fileWorkers;
    private readonly WorkerPool _jobWorkers;
    private readonly Queue<PortableOperation> _overflow = new();
    private readonly Action<IoCompletion, int> _onFinished;
    private List<(Action<object?> Callback, object? State)> _posted = [];
    private List<(Action<object?> Callback, object? State)> _running = [];
    private readonly TurnEndQueue _turnEnds = new();
    private Thread? _thread;
    private Exception? _startFailure;
    private int _epoll = -1;
    private int _wake = -1;
    private int _isSignalled;
    private bool _isClosed;
    private bool _isStopAsked;
    private bool _isStopping;
    private ulong _lastTicket;
    private long _nowMs;

    /// <summary>Prepares a loop; nothing runs before <see cref="Start"/>.</summary>
    public PortableLoop(LoopOptions options)
        : base(options)
    {
        _fileWorkers = new WorkerPool(options.Name + "-file", options.WorkerThreads, options.MaxQueuedJobs, OnJobFault);
        _jobWorkers = new WorkerPool(options.Name + "-job", options.WorkerThreads, options.MaxQueuedJobs, OnJobFault);
        _onFinished = OnWorkerFinished;
    }

    /// <inheritdoc/>
    public override string Engine => "portable";

    /// <inheritdoc/>
    public override long NowMs => _nowMs;

    /// <inheritdoc/>
    public override int PendingOperations => _operations.Count;

    /// <inheritdoc/>
    public override void Start()
    {
        if (_thread is not null)
            throw new InvalidOperationException("loop started twice");
        using var serving = new ManualResetEventSlim();
        _thread = new Thread(() => Run(serving)) { IsBackground = true, Name = Options.Name };
        _thread.Start();
        serving.Wait();
        if (_startFailure is not null)
            throw new IOException($"loop {Options.Name} did not start: {_startFailure.Message}", _startFailure);
    }

    /// <inheritdoc/>
    public override Task StopAsync()
    {
        if (IsCurrent)
            throw new InvalidOperationException("a loop cannot wait for its own end");
        lock (_gate)
        {
            if (_thread is null)
            {
                if (!_isClosed)
                    Buffers.Dispose();
                _isClosed = true;
                return Task.CompletedTask;
            }

            _isStopAsked = true;
            WakeLocked();
        }

        return _stopped.Task;
    }

    /// <inheritdoc/>
    public override void Post(Action<object?> callback, object? state = null)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_gate)
        {
            if (_isClosed)
                return;
            _posted.Add((callback, state));
            if (!IsCurrent)
                WakeLocked();
        }
    }

    /// <inheritdoc/>
    public override void AtTurnEnd(ITurnEnd item)
    {
        Debug.Assert(IsCurrent, "the end of a turn is the loop's own");
        _turnEnds.Add(item);
    }

    private void Run(ManualResetEventSlim serving)
    {
        try
        {
            _epoll = Checked(ReadinessCalls.CreateEpoll());
            _wake = Checked(ReadinessCalls.CreateEvent());
            Checked(ReadinessCalls.Control(_epoll, 1, _wake, DescriptorState.In, WakeCookie));
        }
        catch (IOException e)
        {
            _startFailure = e;
            _isClosed = true;
            CloseOwn();
            _stopped.TrySetResult();
            serving.Set();
            return;
        }

        if (Options.Processor >= 0)
            _ = ThreadCalls.PinToProcessor(Options.Processor);
        Current = this;
        SynchronizationContext.SetSynchronizationContext(new LoopSynchronizationContext(this));
        _nowMs = MonotonicMs();
        serving.Set();
        try
        {
            var events = new byte[EventsPerTurn * ReadinessCalls.EventSize];
            while (!TryClose())
                RunTurn(events);
        }
#pragma warning disable CA1031 // ends the process
        catch (Exception error)
#pragma warning restore CA1031
        {
            // Callbacks are guarded one by one, so this is a fault of the loop itself and its state is unknown.
            Environment.FailFast($"loop '{Options.Name}' failed", error);
        }

        CloseFileSends();
        _fileWorkers.Dispose();
        _jobWorkers.Dispose();
        Buffers.Dispose();
        CloseOwn();
        Current = null;
        _stopped.TrySetResult();
    }

    private static int Checked(int result) => result >= 0 ? result : throw new IOException(((Errno)(-result)).ToString());

    private void CloseOwn()
    {
        if (_wake >= 0)
            FileCalls.Close(_wake);
        if (_epoll >= 0)
            FileCalls.Close(_epoll);
    }

    private void RunTurn(byte[] events)
    {
        Rearm();
        var count = ReadinessCalls.Wait(_epoll, events, WaitMs());
        _nowMs = MonotonicMs();
        for (var i = 0; i < count; i++)
        {
            var (bits, cookie) = ReadinessCalls.EventAt(events, i);
            if (cookie == WakeCookie)
                TakeWake();
            else
                OnReady(bits, cookie);
        }

        while (_finished.TryDequeue(out var finished))
            End(_operations[finished.Completion.Ticket], finished.Result);
        FeedWorkers();
        while (_timers.TryTakeDue(_nowMs, out var due))
            OnDue(due);
        RunPosted();
        if (_isStopping || IsStopAsked())
            CancelAll();
        CountTurn(_ended.Count);
        _ = TakeTurnRequests();
        for (var left = _ended.Count; left > 0; left--)
            Dispatch(_ended.Dequeue());
        RunTurnEnds(_turnEnds);
    }

    private int WaitMs()
    {
        if (_ended.Count > 0 || _turnEnds.Count > 0 || !_finished.IsEmpty)
            return 0;
        lock (_gate)
        {
            if (_posted.Count > 0 || (_isStopAsked && !_isStopping))
                return 0;
        }

        var deadline = _timers.NextDeadline;
        return deadline == long.MaxValue ? -1 : (int)Math.Clamp(deadline - MonotonicMs(), 0, int.MaxValue);
    }

    private void TakeWake()
    {
        Span<byte> count = stackalloc byte[8];
        _ = FileCalls.Read(_wake, count);

        // Cleared before the queues are looked at: what comes later writes again.
        Interlocked.Exchange(ref _isSignalled, 0);
    }

    private void WakeLocked()
    {
        if (!_isClosed && _wake >= 0)
            Signal();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) == 0)
            _ = FileCalls.Write(_wake, [1, 0, 0, 0, 0, 0, 0, 0]);
    }

    private void RunPosted()
    {
        lock (_gate)
            (_posted, _running) = (_running, _posted);
        foreach (var (callback, state) in _running)
            Invoke(callback, state);
        _running.Clear();
    }

    private void OnJobFault(Exception error) => OnFault(error, null);

    private bool IsStopAsked()
    {
        lock (_gate)
            return _isStopAsked && _posted.Count == 0;
    }

    private bool TryClose()
    {
        if (!_isStopping || _operations.Count > 0 || _turnEnds.Count > 0)
            return false;
        lock (_gate)
        {
            _isClosed = _posted.Count == 0;
            return _isClosed;
        }
    }

    private void CancelAll()
    {
        if (!_isStopping)
        {
            _isStopping = true;
            foreach (var state in _descriptors.Values.ToArray())
                EndAccept(state, -(int)Errno.ECANCELED);
        }

        foreach (var operation in _operations.Values)
            TryCancel(operation);
    }
}
