using System.Runtime.CompilerServices;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Tlock, Tgetlock and the locks that wait.</summary>
internal sealed partial class NinePConnection
{
    private const long LockPollMs = 50;
    private const byte LockSuccess = 0;
    private const byte LockBlocked = 1;

    private readonly List<Request> _lockWaiters = [];
    private volatile bool _hasLockWaiters;

    /// <summary>Any thread, may be late.</summary>
    public bool HasLockWaiters => _hasLockWaiters;

    /// <summary>Tries every waiting lock again; answers those that got it or waited long enough.</summary>
    public void RetryLocks()
    {
        // Those that go on waiting are put at the end again, so that their order stays.
        for (var left = _lockWaiters.Count; left > 0 && _lockWaiters.Count > 0 && !IsClosing; left--)
        {
            var q = _lockWaiters[0];
            RemoveLockWaiter(q);
            var task = AskLock(q, q.First!);
            if (task.IsCompletedSuccessfully)
                Finish(q, task.Result);
            else
                q.Await(task);
        }

        ArmLockTimer();
    }

    // A kernel sends flock(2) with the process that happens to call, though the lock is the open file's.
    private LockOwner OwnerOf(uint process, ReadOnlySpan<byte> client) => new(this, process, Encoding.UTF8.GetString(client)) { LocksByFile = true };

    private ValueTask<Errno> Lock(Request q)
    {
        if (!Tlock.TryRead(q.Body.Span, out var m))
            return new(BadFrame);
        if (UseNode(q, m.Fid) is not { } fid || fid.File is null)
            return new(Errno.EBADF);
        if (m.Kind > 2 || m.Start > long.MaxValue || m.Length > long.MaxValue || m.ClientId.Length > P9Limits.MaxClientId)
            return new(Errno.EINVAL);
        q.LockOwner = OwnerOf(m.ProcId, m.ClientId);
        q.LockType = (LockType)m.Kind;
        q.LockStart = (long)m.Start;
        q.LockLength = (long)m.Length;
        q.LockMayWait = (m.Flags & 1) != 0;
        q.LockDeadline = Loop.NowMs + _options.LockHoldMs;
        return AskLock(q, fid);
    }

    /// <summary>Tries, and where others than the owners of the tree may be in the way waits in the volume, as long as the client may wait.</summary>
    private ValueTask<Errno> AskLock(Request q, Fid fid)
    {
        // A fid clunked while its lock waited has nothing left to lock.
        if (fid.File is not { } file)
            return new(Errno.EBADF);
        var asksOthers = fid.Volume.LocksMayWait && q.LockType != LockType.Unlock;
        var wait = asksOthers && q.LockMayWait && MayWait ? new LockWait(Math.Max(0, q.LockDeadline - Loop.NowMs), q.Token) : default;
        if (wait.Ms > 0)
            _waiting.Add(q);
        var task = fid.Volume.Lock(file, q.LockOwner!, q.LockType, q.LockStart, q.LockLength, wait);
        return task.IsCompletedSuccessfully ? new(Asked(q, fid, task.Result)) : AskedLater(q, fid, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AskedLater(Request q, Fid fid, ValueTask<Errno> task) => Asked(q, fid, await task.ConfigureAwait(false));

    private Errno Asked(Request q, Fid fid, Errno error)
    {
        if (_waiting.Count > 0)
            _waiting.Remove(q);
        if (error == Errno.EACCES)
            error = Errno.EAGAIN;
        if (error == Errno.None)
        {
            if (q.LockType == LockType.Unlock)
                _server.LocksChanged();
            else
                fid.HasLocks = true;
        }
        else if (error == Errno.EAGAIN)
        {
            // Given up while it asked others: nobody will do that again.
            if (q.IsGivenUp)
                return Errno.EINTR;
            if (q.LockMayWait && !IsDraining && !IsClosing && Loop.NowMs < q.LockDeadline)
            {
                _lockWaiters.Add(q);
                _hasLockWaiters = true;
                ArmLockTimer();
                return Held;
            }
        }

        return AnswerLock(q, error);
    }

    private void ArmLockTimer()
    {
        if (_lockWaiters.Count > 0 && !IsClosing && !_lockTimer.IsPending)
            Loop.Delay(LockPollMs, _lockTimer);
    }

    private Errno AnswerLock(Request q, Errno error)
    {
        if (error is not (Errno.None or Errno.EAGAIN))
            return error;
        Answer(q, new Rlock { Status = error == Errno.None ? LockSuccess : LockBlocked });
        return Errno.None;
    }

    private ValueTask<Errno> GetLock(Request q)
    {
        if (!Tgetlock.TryRead(q.Body.Span, out var m))
            return new(BadFrame);
        if (UseNode(q, m.Fid) is not { } fid || fid.File is not { } file)
            return new(Errno.EBADF);
        if (m.Kind > 2 || m.Start > long.MaxValue || m.Length > long.MaxValue || m.ClientId.Length > P9Limits.MaxClientId)
            return new(Errno.EINVAL);

        // The kernel's client always says UNLCK here; it means "would a write lock conflict".
        var type = m.Kind == 0 ? LockType.Read : LockType.Write;
        var owner = OwnerOf(m.ProcId, m.ClientId);
        var task = fid.Volume.TestLock(file, owner, type, (long)m.Start, (long)m.Length);
        return task.IsCompletedSuccessfully ? new(AnswerGetLock(q, task.Result)) : AnswerGetLockLater(q, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerGetLockLater(Request q, ValueTask<Result<LockRange>> task) => AnswerGetLock(q, await task.ConfigureAwait(false));

    private Errno AnswerGetLock(Request q, Result<LockRange> result)
    {
        if (!result.IsOk)
            return result.Error;
        var found = result.Value;
        if (found.Type != LockType.Unlock)
            Answer(q, new Rgetlock { Kind = (byte)found.Type, Start = (ulong)found.Start, Length = (ulong)found.Length, ProcId = found.ProcessId, ClientId = Encoding.UTF8.GetBytes(found.ClientId) });
        else if (Tgetlock.TryRead(q.Body.Span, out var m))
            Answer(q, new Rgetlock { Kind = 2, Start = m.Start, Length = m.Length, ProcId = m.ProcId, ClientId = m.ClientId });
        return Errno.None;
    }

    private bool RemoveLockWaiter(Request q)
    {
        var isRemoved = _lockWaiters.Remove(q);
        _hasLockWaiters = _lockWaiters.Count > 0;
        return isRemoved;
    }

    private void DropLockWaiters(bool answer)
    {
        foreach (var q in _lockWaiters.ToArray())
        {
            RemoveLockWaiter(q);
            Finish(q, answer ? AnswerLock(q, Errno.EAGAIN) : Errno.None);
        }
    }

    /// <summary>The fid goes: there is nothing left to lock through (EINTR, as when close(2) ends a wait).</summary>
    private void DropLockWaiters(Fid fid)
    {
        foreach (var q in _lockWaiters.ToArray())
        {
            if (q.First == fid && RemoveLockWaiter(q))
                Finish(q, Errno.EINTR);
        }
    }
}
