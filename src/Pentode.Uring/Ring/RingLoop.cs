using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;

namespace Pentode.Uring.Ring;

/// <summary>
/// The io_uring engine: one thread, one ring, one io_uring_enter per turn. A turn runs posted work, due timers, completions, turn-end
/// items, then submits and waits with a single call. The ring is made and freed on the loop thread.
/// </summary>
public sealed unsafe partial class RingLoop : IoLoop
{
    private const ulong WakeTag = ulong.MaxValue;
    private const ulong IgnoreTag = ulong.MaxValue - 1;
    private const ulong TimerTicket = 1UL << 62;
    private const ulong JobTicket = TimerTicket + 1;
    private const ulong ReadyTicket = TimerTicket + 2;
    private const int MaxPerTurn = 1024;

    private static readonly Lazy<bool> s_isSupported = new(Probe);

    private readonly ConcurrentQueue<(Action<object?> Callback, object? State)> _posted = new();
    private readonly ConcurrentQueue<(IoCompletion Completion, int Result)> _finished = new();
    private readonly Queue<(IoCompletion Completion, int Result)> _ready = new();
    private readonly TurnEndQueue _turnEnds = new();
    private readonly Dictionary<int, ulong> _accepts = [];
    private readonly TimerQueue _timers = new();
    private readonly CompletionEntry[] _batch = new CompletionEntry[MaxPerTurn];
    private readonly Queue<CompletionEntry> _backlog = new();
    private readonly List<ulong> _held = [];
    private readonly List<ulong> _lazy = [];
    private readonly RingSlotTable _slots;
    private readonly CoalesceTuner _tuner;
    private readonly Action<IoCompletion, int> _jobFinished;
    private readonly Lock _wakeGate = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MappedRing _ring = null!;
    private WorkerPool? _workers;
    private Thread? _thread;
    private ulong* _wakeBuffer;
    private long _nowMs = MonotonicMs();
    private int _wakeFd = -1;
    private int _wakePending;
    private int _stopRequested;
    private int _batchNext;
    private int _batchCount;
    private int _timerCount;
    private int _jobs;
    private bool _isStopping;
    private bool _isWakeArmed;
    private bool _canCoalesce;
    private bool _canSkipSuccess;
    private int _lazyEnded;
    private bool _wasHeld;
    private uint _sends;
    private bool _isAcceptMultishot = true;

    /// <summary>Makes a loop; <see cref="Start"/> makes the ring.</summary>
    public RingLoop(LoopOptions options)
        : base(options)
    {
        _slots = new RingSlotTable(options.MaxOperations);
        _tuner = new CoalesceTuner(options.MaxCoalesceUsec);
        _jobFinished = OnJobFinished;
    }

    /// <summary>True when this kernel lets this process use io_uring as this engine needs it. Probed once.</summary>
    public static bool IsSupported => s_isSupported.Value;

    /// <inheritdoc/>
    public override string Engine => "ring";

    /// <inheritdoc/>
    public override long NowMs => _nowMs;

    /// <inheritdoc/>
    public override int PendingOperations => _slots.InUse + _timerCount + _jobs + _ready.Count;

    /// <inheritdoc/>
    public override void Start()
    {
        if (_thread is not null)
            throw new InvalidOperationException("loop started twice");
        _thread = new Thread(Run, 1 << 20) { IsBackground = true, Name = Options.Name };
        _thread.Start();
        _started.Task.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override Task StopAsync()
    {
        if (IsCurrent)
            throw new InvalidOperationException("a loop cannot wait for its own end");
        if (Interlocked.Exchange(ref _stopRequested, 1) == 0)
        {
            if (_thread is null)
            {
                Buffers.Dispose();
                _stopped.TrySetResult();
            }
            else
            {
                Wake();
            }
        }

        return _stopped.Task;
    }

    /// <inheritdoc/>
    public override void Post(Action<object?> callback, object? state = null)
    {
        if (_stopped.Task.IsCompleted)
            return;
        _posted.Enqueue((callback, state));
        if (!IsCurrent)
            Wake();
    }

    /// <inheritdoc/>
    public override void AtTurnEnd(ITurnEnd item)
    {
        Debug.Assert(IsCurrent, "the end of a turn is the loop's own");
        _turnEnds.Add(item);
    }

    private static bool Probe()
    {
        var ring = MappedRing.Create(8, 16);
        if (!ring.IsOk)
            return false;
        ring.Value.Dispose();
        return true;
    }

    // Only the first post since the loop last looked pays for the write.
    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) != 0)
            return;
        lock (_wakeGate)
        {
            if (_wakeFd >= 0)
                RingNative.SignalEvent(_wakeFd);
        }
    }

    private void Run()
    {
        if (!Open())
            return;
        Current = this;
        SynchronizationContext.SetSynchronizationContext(new LoopSynchronizationContext(this));
        _started.SetResult();
        while (true)
        {
            try
            {
                if (!Turn())
                    break;
            }
#pragma warning disable CA1031 // ends the process
            catch (Exception error)
#pragma warning restore CA1031
            {
                // Callbacks are guarded one by one, so this is a fault of the loop itself and its state is unknown.
                Environment.FailFast($"loop '{Options.Name}' failed", error);
            }
        }

        CloseAll();
    }

    private bool Open()
    {
        try
        {
            _ = ThreadCalls.PinToProcessor(Options.Processor);
            ThreadCalls.SetExactTimers();
            var ring = MappedRing.Create(Options.SubmissionEntries, Math.Max(Options.CompletionEntries, Options.SubmissionEntries));
            if (!ring.IsOk)
                throw new InvalidOperationException($"io_uring cannot be set up: {ring.Error}");
            _ring = ring.Value;
            _wakeFd = RingNative.CreateEvent();
            if (_wakeFd < 0)
            {
                _ring.Dispose();
                throw new InvalidOperationException($"eventfd failed: {(Errno)(-_wakeFd)}");
            }

            _wakeBuffer = (ulong*)NativeMemory.AllocZeroed(8);
            _canSkipSuccess = (_ring.Features & RingConstants.FeatureSkipSuccess) != 0;
            _canCoalesce = Options.MaxCoalesceUsec > 0 && (_ring.Features & RingConstants.FeatureMinTimeout) != 0;
            return true;
        }
#pragma warning disable CA1031 // handed to the caller of Start
        catch (Exception error)
#pragma warning restore CA1031
        {
            _started.SetException(error);
            _stopped.TrySetResult();
            return false;
        }
    }

    // One turn.
    private bool Turn()
    {
        _nowMs = MonotonicMs();
        if (Volatile.Read(ref _stopRequested) != 0 && _posted.IsEmpty)
            _isStopping = true;
        RunPosted();
        RunTimers();
        RunReady();
        CountTurn(_batchCount - _batchNext);
        DispatchBatch();
        EndLazy();
        RunTurnEnds(_turnEnds);
        var requests = TakeTurnRequests();
        if (requests > 0 && _canCoalesce)
            _tuner.OnTurn(requests, _wasHeld);
        if (_isStopping)
        {
            if (PendingOperations == 0 && _posted.IsEmpty && _finished.IsEmpty && _turnEnds.Count == 0)
                return false;
            CancelEverything();
        }

        SubmitAndWait();
        return true;
    }

    private void RunPosted()
    {
        if (Volatile.Read(ref _wakePending) != 0)
            Interlocked.Exchange(ref _wakePending, 0);
        for (var i = 0; i < MaxPerTurn && _posted.TryDequeue(out var item); i++)
            Invoke(item.Callback, item.State);
        while (_finished.TryDequeue(out var job))
        {
            _jobs--;
            Deliver(job.Completion, job.Result);
        }
    }

    private void RunTimers()
    {
        var now = _isStopping ? long.MaxValue : _nowMs;
        while (_timerCount > 0 && _timers.TryTakeDue(now, out var completion))
        {
            _timerCount--;
            Deliver(completion, _isStopping ? -(int)Errno.ECANCELED : 0);
        }
    }

    private void RunReady()
    {
        for (var count = _ready.Count; count > 0 && _ready.TryDequeue(out var item); count--)
            Deliver(item.Completion, item.Result);
    }

    private void DispatchBatch()
    {
        while (_batchNext < _batchCount)
            Dispatch(_batch[_batchNext++]);
    }

    private void OnJobFinished(IoCompletion completion, int result)
    {
        _finished.Enqueue((completion, result));
        Wake();
    }

    private void CloseAll()
    {
        _workers?.Dispose();
        CloseFileSends();
        // The wake read is the last request in flight; a signal ends it.
        while (_isWakeArmed)
        {
            RingNative.SignalEvent(_wakeFd);
            SubmitAndWait();
            DispatchBatch();
        }

        lock (_wakeGate)
        {
            _ = FileCalls.Close(_wakeFd);
            _wakeFd = -1;
        }

        _ring.Dispose();
        _slots.Dispose();
        NativeMemory.Free(_wakeBuffer);
        Buffers.Dispose();
        Current = null;
        SynchronizationContext.SetSynchronizationContext(null);
        _stopped.TrySetResult();
    }
}
