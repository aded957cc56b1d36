using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

// The engine side: one transaction at a time, each derived anew from what the local side needs and what the record says.
internal sealed partial class LockResource
{
    private const int MaxHints = 60;
    private const int MaxReaped = 40;
    private const int FirstBackoffMs = 4;
    private const int LongestBackoffMs = 1000;
    private const int LongestStormBackoffMs = 16;

    private readonly StoreKey _key;

    private LockRecord? _record;
    private long _recordRevision;
    private long _knownRevision;
    private (long Revision, HintMessage Message)? _hint;
    private bool _mustRead;
    private bool _resend;
    private bool _reap;
    private long? _unknownAt;
    private ulong _request;
    private string? _problem;
    private bool _isRunning;
    private bool _isPaused;
    private int _failures;
    private IDisposable? _pause;
    private IDisposable? _resendTimer;
    private IDisposable? _holdTimer;

    private enum StepKind
    {
        Read,
        Change,
        Resend,
    }

    /// <summary>Under the gate: true when the caller has to call <see cref="Start"/> after it.</summary>
    internal bool TryStart()
    {
        if (_isRunning || _isPaused)
            return false;
        _isRunning = true;
        return true;
    }

    internal void Start() => _ = RunAsync();

    /// <summary>A hint came in; the newest is looked at when the engine is between two transactions. Under the gate.</summary>
    internal void OnHint(HintMessage message, long revision, AfterGate after)
    {
        if (revision <= _knownRevision || (_hint is { } earlier && earlier.Revision >= revision))
            return;
        _hint = (revision, message);
        after.Run(this);
    }

    /// <summary>Reads the record again before anything else, if it matters here. Under the gate.</summary>
    internal void Recheck(AfterGate after)
    {
        if (_level == LockMode.Null && _waiters.Count == 0)
            return;
        _mustRead = true;
        after.Run(this);
    }

    /// <summary>Sessions died: takes their entries out if the record, as far as it is known, waits for them or <paramref name="force"/> says so. Under the gate.</summary>
    internal void OnDeaths(bool force, AfterGate after)
    {
        if (force)
            _reap = _mustRead = true;
        if (force || _waiters.Count > 0)
            after.Run(this);
    }

    /// <summary>The session is over: nothing is held, nothing is known. Requests wait on, except tries. Under the gate.</summary>
    internal void OnSessionLost(AfterGate after)
    {
        // Its entry in the record, if any, belongs to the dead session and goes when the next one looks at the record.
        _reap |= _level != LockMode.Null || _record is not null;
        LoseGrant(after);
        _record = null;
        _recordRevision = 0;
        _yieldTo = null;
        _unknownAt = null;
        _hint = null;
        _problem = null;
        _mustRead = true;
        StopTimers();
        FailWaiters(Errno.ENOTCONN, static w => w.Options.Try, after);
        if (_drops is { } drops)
        {
            _drops = null;
            foreach (var ended in drops)
                after.Add(() => ended(Errno.None));
        }
    }

    /// <summary>A new session is up. Under the gate.</summary>
    internal void OnSessionStarted(AfterGate after)
    {
        if (_waiters.Count > 0 || _reap)
            after.Run(this);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            Step? step;
            var after = new AfterGate();
            lock (Manager.Gate)
            {
                step = NextStep(after);
                _isRunning = step is not null;
            }

            after.Run();
            if (step is null)
                return;
            StoreResult result;
            try
            {
                result = await Manager.Store.CommitAsync(step.Transaction).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                result = StoreResult.Failed(StoreOutcome.Unknown, e.Message);
                Manager.Log.Write(LogLevel.Error, $"lock {Domain.Name}/{Name}: {Manager.Store.Description} failed: {e}");
            }

            Manager.Counters.RoundTrips.Add();
            after = new AfterGate();
            lock (Manager.Gate)
            {
                // An answer to a session that is over says nothing about this one.
                if (Manager.Session == step.Session)
                    Apply(step, result, after);
            }

            after.Run();
        }
    }

    private Step? NextStep(AfterGate after)
    {
        if (Manager.Session is not { } session || _isPaused)
            return null;
        TakeHint(session, after);
        if (_mustRead)
            return ReadStep(session);
        if (_problem is not null)
        {
            FailWaiters(Errno.EIO, static _ => true, after);
            EndDrops(Errno.EIO, after);
            return null;
        }

        AdmitWaiters(isNewGrant: false, after);
        var step = ChangeStep(session, after);
        if (step is not null || _mustRead)
            return step ?? ReadStep(session);
        var isWaiting = _record is not null && _record.TryGet(session.Id, out var own) && own.IsWaiting;
        if (isWaiting && _resend)
            return ResendStep(session);
        // Whoever waits, and whoever makes others wait, reads again now and then: hints can be lost.
        if (isWaiting || _blocking != LockMode.Null)
            _resendTimer ??= Manager.Clock.Schedule(Manager.Options.ResendMs, OnResendDue);
        return null;
    }

    private Step ReadStep(NodeSession session) => new(
        StepKind.Read,
        session,
        new StoreTransaction([StoreCompare.Exists(Manager.Keys.Session(session.Id)), StoreCompare.Exists(_key), StoreCompare.Exists(Domain.FloorKey)], []));

    private Step? ResendStep(NodeSession session)
    {
        _resend = false;
        var hints = new List<RecordHint>();
        _record!.HintBlockers(hints);
        _resendTimer ??= Manager.Clock.Schedule(Manager.Options.ResendMs, OnResendDue);
        hints.RemoveAll(h => h.Session == session.Id);
        if (hints.Count == 0)
            return null;
        var bytes = LockRecordCodec.Encode(_record);
        var compares = new List<StoreCompare> { StoreCompare.Exists(Manager.Keys.Session(session.Id)) };
        var writes = new List<StoreWrite>();
        foreach (var hint in hints.Take(MaxReaped))
        {
            compares.Add(StoreCompare.Exists(Manager.Keys.Session(hint.Session)));
            writes.Add(StoreWrite.Put(Manager.Keys.Mailbox(hint.Session), new HintMessage(hint.Kind, hint.Mode, _recordRevision, Domain.Name, Name, bytes).Encode()));
        }

        return new Step(StepKind.Resend, session, new StoreTransaction(compares, writes)) { Recalled = [.. hints.Take(MaxReaped).Select(h => h.Session)] };
    }

    private void OnResendDue()
    {
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            _resendTimer?.Dispose();
            _resendTimer = null;
            if (_waiters.Count == 0 && _record is null)
                return;
            _resend = _mustRead = true;
            after.Run(this);
        }

        after.Run();
    }

    private void OnHoldOver()
    {
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            _holdTimer?.Dispose();
            _holdTimer = null;
            after.Run(this);
        }

        after.Run();
    }

    private void StopTimers()
    {
        _resendTimer?.Dispose();
        _resendTimer = null;
        _holdTimer?.Dispose();
        _holdTimer = null;
        _resend = false;
    }

    private void EndDrops(Errno result, AfterGate after)
    {
        if (_drops is not { } drops)
            return;
        _drops = null;
        if (result == Errno.None)
        {
            IsForgotten = true;
            StopTimers();
            Domain.Forget(this);
        }

        foreach (var ended in drops)
            after.Add(() => ended(result));
    }

    private void Pause(long delayMs)
    {
        _isPaused = true;
        _pause?.Dispose();
        _pause = Manager.Clock.Schedule(delayMs, () =>
        {
            var after = new AfterGate();
            lock (Manager.Gate)
            {
                _isPaused = false;
                after.Run(this);
            }

            after.Run();
        });
    }

    private sealed record Step(StepKind Kind, NodeSession Session, StoreTransaction Transaction)
    {
        internal LockRecord? Next { get; init; }

        internal bool IsRemoval { get; init; }

        internal ulong Floor { get; init; }

        internal long? ValueVersion { get; init; }

        internal IReadOnlyList<SessionId> Recalled { get; init; } = [];
    }
}
