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

    private Step? ChangeStep(NodeSession session, AfterGate after)
    {
        var next = _record?.Clone() ?? new LockRecord(Domain.Floor, Domain.Options.PersistValues ? RecordFlags.Persist : RecordFlags.None);
        var hints = new List<RecordHint>();
        var compares = new List<StoreCompare>
        {
            StoreCompare.Exists(Manager.Keys.Session(session.Id)),
            StoreCompare.At(_key, _recordRevision),
        };
        var isChanged = Reap(next, session, compares, hints);
        LockMode? yieldTo = null;
        var valueVersion = _valueVersion;
        var carriesValue = false;
        var value = IsDirty ? _value.AsSpan() : default;
        var blocked = next.BlockedBy(session.Id);
        if (blocked != LockMode.Null && AllowsYield(next, session, blocked, out var to))
        {
            next.Yield(session.Id, to, value, hints);
            carriesValue = IsDirty;
            yieldTo = to;
            isChanged = true;
            Manager.Counters.Recalls.Add();
        }

        if (_drops is not null)
        {
            if (next.TryGet(session.Id, out _))
            {
                next.Drop(session.Id, carriesValue ? default : value, hints);
                carriesValue |= IsDirty;
                yieldTo = LockMode.Null;
                isChanged = true;
            }
            else if (!isChanged && _unknownAt is null)
            {
                EndDrops(Errno.None, after);
                return null;
            }
        }
        else
        {
            isChanged |= Ask(next, session, hints, ref yieldTo, after);
            if (_mustRead)
                return null;
            if ((_flushes.Count > 0 || _flushBehind) && IsDirty && !carriesValue && yieldTo is null && next.SetValue(session.Id, _value))
                isChanged = carriesValue = true;
        }

        // A transaction whose fate is unknown can still land while the record stands as it stood then: writing the record ends that.
        if (!isChanged && (_unknownAt is null || _record is null))
        {
            _unknownAt = null;
            _yieldTo = null;
            return null;
        }

        if (yieldTo is { } lower)
            _yieldTo = lower;
        return new Step(StepKind.Change, session, Transaction(next, session, compares, hints))
        {
            Next = next,
            IsRemoval = next.IsRemovable,
            Floor = Math.Max(Domain.Floor, next.Generation),
            ValueVersion = carriesValue ? valueVersion : null,
        };
    }

    private bool Reap(LockRecord next, NodeSession session, List<StoreCompare> compares, List<RecordHint> hints)
    {
        if (!_reap && _waiters.Count == 0)
            return false;
        var count = 0;
        foreach (var entry in next.Entries.ToArray())
        {
            if (entry.Session == session.Id || !Manager.IsBelievedDead(entry.Session) || ++count > MaxReaped)
                continue;
            next.Reap(entry.Session, Domain.Options.ZeroValueOnDeath, hints);
            compares.Add(StoreCompare.Absent(Manager.Keys.Session(entry.Session)));
        }

        if (count <= MaxReaped)
            _reap = false;
        return count > 0;
    }

    private bool AllowsYield(LockRecord next, NodeSession session, LockMode blocked, out LockMode to)
    {
        to = LockModes.HighestBeside(blocked);
        if (_exclusiveHolders > 0 || (to == LockMode.Null && _sharedHolders > 0))
            return false;
        if (Manager.Options.OmitUpgradeRule && next.TryGet(session.Id, out var own) && own.IsWaiting)
            return false;
        var keepMs = _grantedAtMs + Domain.Options.MinHoldMs - Manager.Clock.NowMs;
        if (keepMs <= 0)
            return true;
        _holdTimer ??= Manager.Clock.Schedule(keepMs, OnHoldOver);
        return false;
    }

    // Brings what the entry wants to what the first local waiter that the node's level does not serve wants.
    private bool Ask(LockRecord next, NodeSession session, List<RecordHint> hints, ref LockMode? yieldTo, AfterGate after)
    {
        while (true)
        {
            _ = next.TryGet(session.Id, out var own);
            var waiter = FirstToServe(own.Granted);
            if (waiter is null || waiter.Mode <= own.Granted)
            {
                if (!own.IsWaiting)
                    return false;
                next.Cancel(session.Id, own.Request, hints);
                return true;
            }

            if (own.IsWaiting && own.Wanted <= waiter.Mode && (own.Wanted < waiter.Mode || !IsPinned(waiter) || (own.Flags & EntryFlags.Pinned) != 0))
                return false;
            if (!own.IsWaiting && next.Entries.Count >= LockRecord.MaxEntries && !next.TryGet(session.Id, out own))
            {
                Fail(waiter, Errno.ENOLCK, after);
                continue;
            }

            if (MustRefuse(next, session, waiter, own) is var refusal && refusal != Errno.None)
            {
                // Only what the record says after the request began may be held against it.
                if (!waiter.SawRecord)
                {
                    _mustRead = true;
                    return false;
                }

                Fail(waiter, refusal, after);
                continue;
            }

            if (own.IsWaiting)
                next.Cancel(session.Id, own.Request, hints);
            var keep = Manager.Options.OmitUpgradeRule ? own.Granted == LockMode.Shared : _sharedHolders > 0;
            if (!keep && own.Granted == LockMode.Shared)
                yieldTo = LockMode.Null;
            _request = Manager.NextRequest();
            next.Want(session.Id, waiter.Mode, _request, FlagsOf(waiter), keep, hints);
            return true;
        }
    }

    private Errno MustRefuse(LockRecord next, NodeSession session, LockRequest waiter, LockEntry own)
    {
        if (IsPinned(waiter) && own.Granted == LockMode.Shared && next.Entries.Any(e =>
                e.Session != session.Id && e.Granted == LockMode.Shared && e.IsWaiting && (e.Flags & EntryFlags.Pinned) != 0))
        {
            return Errno.EDEADLK;
        }

        if (!IsWithoutQueue(waiter))
            return Errno.None;
        var trial = next.Clone();
        trial.Want(session.Id, waiter.Mode, ulong.MaxValue, EntryFlags.Try, _sharedHolders > 0, []);
        return trial.TryGet(session.Id, out var entry) && entry.Granted == waiter.Mode ? Errno.None : Errno.EAGAIN;
    }

    // In the order of their requests, but first whoever keeps others, and so himself, waiting by what he holds.
    private LockRequest? FirstToServe(LockMode granted)
    {
        if (granted == LockMode.Shared && _waiters.Find(IsPinned) is { } pinned)
            return pinned;
        for (var i = 0; i < _waiters.Count; i++)
        {
            if (_waiters[i].Mode > granted && IsLocallyFree(_waiters[i].Options, i))
                return _waiters[i];
        }

        return null;
    }

    private bool IsPinned(LockRequest waiter) => IsPinned(waiter.Options);

    // An upgrade by a process that uses the lock shared itself.
    private bool IsPinned(in AcquireOptions options)
    {
        if (options.Mode != LockMode.Exclusive || options.OpenerPid == 0)
            return false;
        foreach (var handle in _handles)
        {
            if (handle.Mode == LockMode.Shared && handle.Options.OpenerPid == options.OpenerPid)
                return true;
        }

        return false;
    }

    private EntryFlags FlagsOf(LockRequest waiter) =>
        (waiter.Options.Try ? EntryFlags.Try : EntryFlags.None) | (IsPinned(waiter) ? EntryFlags.Pinned : EntryFlags.None);

    private void Fail(LockRequest waiter, Errno reason, AfterGate after)
    {
        _waiters.Remove(waiter);
        after.Add(() => waiter.End(reason));
    }

    private StoreTransaction Transaction(LockRecord next, NodeSession session, List<StoreCompare> compares, List<RecordHint> hints)
    {
        var writes = new List<StoreWrite>();
        var bytes = LockRecordCodec.Encode(next);
        if (_record is null || next.IsRemovable)
            compares.Insert(2, StoreCompare.At(Domain.FloorKey, Domain.FloorRevision));
        if (next.IsRemovable)
        {
            writes.Add(StoreWrite.Delete(_key));
            // The floor is that of all locks of the domain.
            writes.Add(StoreWrite.Put(Domain.FloorKey, LockDomain.EncodeFloor(Math.Max(Domain.Floor, next.Generation))));
        }
        else
        {
            writes.Add(StoreWrite.Put(_key, bytes));
        }

        if (_record is not null)
            next.HintCleared(_record, hints);
        foreach (var hint in hints.Where(h => h.Session != session.Id && !Manager.IsBelievedDead(h.Session)).Take(MaxHints))
            writes.Add(StoreWrite.Put(Manager.Keys.Mailbox(hint.Session), new HintMessage(hint.Kind, hint.Mode, 0, Domain.Name, Name, bytes).Encode()));
        return new StoreTransaction(compares, writes);
    }

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
