using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

// What answers of the store and hints of peers change here.
internal sealed partial class LockResource
{
    private long? _unknownValueVersion;

    private void Apply(Step step, StoreResult result, AfterGate after)
    {
        switch (result.Outcome)
        {
            case StoreOutcome.Ok when step.Kind == StepKind.Change:
                _failures = 0;
                OnCommitted(step, result.Revision, after);
                break;
            case StoreOutcome.Ok when step.Kind == StepKind.Resend:
                _failures = 0;
                break;
            case StoreOutcome.Ok or StoreOutcome.Conflict:
                OnCurrent(step, result, after);
                break;
            case StoreOutcome.Unknown when step.Kind == StepKind.Change:
                // Until the record is seen to have moved on, this transaction may still land.
                _unknownAt = step.Transaction.Compares[1].Revision;
                _unknownValueVersion = step.ValueVersion;
                _mustRead = true;
                Pause(Backoff(LongestBackoffMs));
                break;
            case StoreOutcome.ReadOnly:
                OnRefused(Errno.EROFS, step, result, after);
                break;
            case StoreOutcome.Refused:
                OnRefused(Errno.EACCES, step, result, after);
                break;
            default:
                if (step.Kind == StepKind.Change && _unknownAt is null)
                    _yieldTo = null;
                Pause(Backoff(LongestBackoffMs));
                break;
        }
    }

    private void OnCommitted(Step step, long revision, AfterGate after)
    {
        _unknownAt = null;
        if (step.ValueVersion is { } version)
            Committed(version, after);
        if (step.IsRemoval)
            Domain.OnFloor(step.Floor, revision);
        Adopt(step.IsRemoval ? null : step.Next, step.IsRemoval ? 0 : revision, revision, step.Session, isOwn: true, after);
    }

    private void OnCurrent(Step step, StoreResult result, AfterGate after)
    {
        if (result.Current[0] is null)
        {
            Manager.OnSessionGone(step.Session, "the store says that it was ended", after);
            return;
        }

        if (step.Kind == StepKind.Resend)
        {
            for (var i = 0; i < step.Recalled.Count; i++)
                Manager.Believe(step.Recalled[i], isAlive: result.Current[i + 1] is not null);
            _reap = true;
            return;
        }

        var compares = step.Transaction.Compares;
        for (var i = 2; i < compares.Count; i++)
        {
            if (compares[i].Key == Domain.FloorKey)
                Domain.OnFloor(result.Current[i]);
            else if (result.Current[i] is not null && Manager.Keys.TryParseSession(compares[i].Key, out var alive))
                Manager.Believe(alive, isAlive: true);
        }

        if (step.Kind == StepKind.Read)
        {
            _mustRead = false;
            _failures = 0;
            foreach (var waiter in _waiters)
                waiter.SawRecord = true;
        }
        else
        {
            Manager.Counters.Conflicts.Add();
            if (_failures++ > 0)
                Pause(Backoff(LongestStormBackoffMs));
        }

        var entry = result.Current[1];
        if (entry is null)
        {
            SetProblem(null);
            Adopt(null, 0, _knownRevision, step.Session, isOwn: false, after);
        }
        else if (LockRecordCodec.TryDecode(entry.Value, out var record, out var problem))
        {
            SetProblem(null);
            Adopt(record, entry.ModRevision, entry.ModRevision, step.Session, isOwn: false, after);
        }
        else
        {
            SetProblem(problem);
            // Whatever it says, it does not say that this node holds the lock.
            if (_level != LockMode.Null)
                LoseGrant(after);
        }
    }

    private void OnRefused(Errno error, Step step, StoreResult result, AfterGate after)
    {
        if (step.Kind == StepKind.Change && _unknownAt is null)
            _yieldTo = null;
        FailWaiters(error, static _ => true, after);
        foreach (var (_, ended) in _flushes)
            after.Add(() => ended(error));
        _flushes.Clear();
        EndDrops(error, after);
        Manager.ReportStore(result);
        Pause(Backoff(LongestBackoffMs));
    }

    /// <summary>Takes over what the record says now: of a linearizable read, of an own commit or of a hint that is known to be still true.</summary>
    private void Adopt(LockRecord? record, long recordRevision, long knownRevision, NodeSession session, bool isOwn, AfterGate after)
    {
        LockEntry own = default;
        _ = record?.TryGet(session.Id, out own);
        var promised = Admissible;
        if (_unknownAt is { } unknownAt && (recordRevision != unknownAt || recordRevision == 0))
        {
            // The transaction of unknown fate landed, if what it gave away is gone; else it never will.
            if ((own.Granted < _level || own.Token != _token) && _unknownValueVersion is { } version)
                Committed(version, after);
            _unknownAt = null;
        }

        if (_unknownAt is null)
            _yieldTo = null;
        _record = record;
        _recordRevision = recordRevision;
        _knownRevision = Math.Max(_knownRevision, knownRevision);
        NoteQueued(own, recordRevision);
        if (!isOwn && promised != LockMode.Null && !IsStillGranted(own, promised))
        {
            Manager.Log.Write(LogLevel.Warning, $"lock {Domain.Name}/{Name}: the grant of token {_token} was taken away");
            LoseGrant(after);
        }

        // By its token: a grant may have been given away and won again since the record was seen last.
        var isNewGrant = own.Granted != LockMode.Null && own.Token != _token;
        var before = _blocking;
        _level = own.Granted;
        _token = own.Token;
        _blocking = record?.BlockedBy(session.Id) ?? LockMode.Null;
        if (before == LockMode.Null || isNewGrant)
            _blockingSinceMs = Manager.Clock.NowMs;
        if (isNewGrant)
        {
            _grantedAtMs = Manager.Clock.NowMs;
            record!.Value.CopyTo(_value, 0);
            _committedVersion = _valueVersion;
            _valueState = (record.Flags & RecordFlags.ValueSuspect) != 0 ? ValueState.Suspect
                : (record.Flags & RecordFlags.ValueSet) != 0 ? ValueState.Valid : ValueState.Unset;
            _resendTimer?.Dispose();
            _resendTimer = null;
            _resend = false;
            AdmitWaiters(isNewGrant: true, after);
        }

        NotifyBlocking(isNewGrant ? LockMode.Null : before, after);
    }

    private bool IsStillGranted(LockEntry own, LockMode promised) =>
        (own.Granted >= promised && own.Token == _token) || (own.Granted > promised && own.Request == _request);

    private void Committed(long version, AfterGate after)
    {
        _committedVersion = Math.Max(_committedVersion, version);
        if (!IsDirty)
            _flushBehind = false;
        for (var i = _flushes.Count - 1; i >= 0; i--)
        {
            if (_flushes[i].Version > _committedVersion)
                continue;
            var ended = _flushes[i].Ended;
            after.Add(() => ended(Errno.None));
            _flushes.RemoveAt(i);
        }
    }

    // A hint may be old. It is believed when it tells of the grant this node waits for, or of the grant it still has; else the record is read.
    private void TakeHint(NodeSession session, AfterGate after)
    {
        if (_hint is not { } hint)
            return;
        _hint = null;
        if (hint.Revision <= _knownRevision)
            return;
        if (_mustRead || _unknownAt is not null || !LockRecordCodec.TryDecode(hint.Message.Record, out var record, out _))
        {
            _mustRead = true;
            return;
        }

        _ = record.TryGet(session.Id, out var own);
        var isMyRequest = own.Granted > _level && own.Request == _request && _record is not null && _record.TryGet(session.Id, out var known) && known.IsWaiting;
        var isMyGrant = _level != LockMode.Null && own.Granted == _level && own.Token == _token;
        if (!isMyRequest && !isMyGrant)
        {
            _mustRead = true;
            return;
        }

        Adopt(record, hint.Revision, hint.Revision, session, isOwn: false, after);
    }

    private void SetProblem(string? problem)
    {
        if (problem is not null && _problem is null)
            Manager.Log.Write(LogLevel.Error, $"lock {Domain.Name}/{Name}: the record cannot be used: {problem}; requests answer EIO until it is repaired or removed");
        _problem = problem;
    }

    private long Backoff(int longestMs)
    {
        var ceiling = Math.Min(longestMs, FirstBackoffMs << Math.Min(_failures, 16));
        _failures++;
        return 1 + Manager.NextRandom(ceiling);
    }
}
