using Pentode.Locks.Deadlock;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;

namespace Pentode.Locks.Manager;

/// <content>What the search for deadlocks is told of a request that waits.</content>
internal sealed partial class LockResource
{
    private ulong _queuedRequest;
    private long _queuedAt;

    /// <summary>The request as it stands now; null when it has ended. Under the gate.</summary>
    internal WaitEntry? Describe(LockRequest request, NodeSession session, IReadOnlyList<LockPin> pins, IReadOnlySet<(IWaitWitness, int)> stuck, ulong edition)
    {
        if (request.IsOver)
            return null;
        var excludes = ExcludesLocally(request.Options);
        var served = FirstToServe(_level);
        var behind = new List<ulong>();
        foreach (var earlier in _waiters)
        {
            if (earlier == request)
                break;
            // The node asks for one of its requests at a time.
            if ((earlier == served && _level < request.Mode) || ((excludes || ExcludesLocally(earlier.Options)) && !LockModes.AreCompatible(earlier.Mode, request.Mode)))
                behind.Add(earlier.Id);
        }

        LockEntry own = default;
        var isQueued = served == request && _record is not null && _record.TryGet(session.Id, out own)
            && own.IsWaiting && own.Wanted <= request.Mode && own.Request == _queuedRequest;
        var isOwn = isQueued && own.Wanted == request.Mode;
        return new WaitEntry(
            request.Id,
            Domain.Name,
            Name,
            request.Mode,
            excludes,
            isOwn ? _queuedRequest : 0,
            isQueued ? _queuedRequest : 0,
            isOwn ? _queuedAt : long.MaxValue,
            edition,
            isQueued ? Ahead(session.Id) : HeldBackBy(request, stuck),
            behind,
            pins);
    }

    /// <summary>True while somebody here uses at least that much of the lock. Under the gate.</summary>
    internal bool IsUsed(LockMode mode) => _level >= mode && _handles.Exists(h => h.Mode >= mode);

    // The node has what it takes and admits no more users, because another node waits. That ends only with the other's wait, when no user here can do something about it:
    // when all of them are waiting themselves.
    private List<WaitKey> HeldBackBy(LockRequest request, IReadOnlySet<(IWaitWitness, int)> stuck)
    {
        var isHeldBack = Admissible >= request.Mode && _blocking != LockMode.Null && request.Mode > LockModes.HighestBeside(_blocking)
            && _record is not null && _handles.TrueForAll(h => h.Options.Witness is { } witness && stuck.Contains((witness, h.Options.OpenerPid)));
        return isHeldBack && _record!.TryGetHead(out var head) ? [new WaitKey(head.Session, head.Request)] : [];
    }

    private List<WaitKey> Ahead(SessionId session)
    {
        _ = _record!.TryGet(session, out var own);
        return [.. _record.Entries.Where(e => e.IsWaiting && e.Sequence < own.Sequence).Select(static e => new WaitKey(e.Session, e.Request))];
    }

    private void NoteQueued(in LockEntry own, long revision)
    {
        if (!own.IsWaiting || own.Request == _queuedRequest)
            return;
        _queuedRequest = own.Request;
        _queuedAt = revision;
    }
}
