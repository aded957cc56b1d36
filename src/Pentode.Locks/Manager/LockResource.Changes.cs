using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

/// <content>What the next change of the record is to be: who is asked to yield, who is served first, what is refused.</content>
internal sealed partial class LockResource
{
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
        Leave(waiter);
        if (reason == Errno.EDEADLK)
            Manager.Counters.Deadlocks.Add();
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
}
