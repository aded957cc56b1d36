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
        for (var i = 0; i < _lockWaiters.Count && !IsClosing; i++)
        {
            var q = _lockWaiters[i];
            var error = TryLock(q, q.First!);
            if (error == Errno.EAGAIN && Loop.NowMs < q.LockDeadline)
                continue;
            i--;
            RemoveLockWaiter(q);
            Finish(q, AnswerLock(q, error));
        }

        if (_lockWaiters.Count > 0 && !IsClosing && !_lockTimer.IsPending)
            Loop.Delay(LockPollMs, _lockTimer);
    }

    private Errno Lock(Request q)
    {
        if (!Tlock.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Fid) is not { } fid || fid.File is null)
            return Errno.EBADF;
        if (m.Kind > 2 || m.Start > long.MaxValue || m.Length > long.MaxValue || m.ClientId.Length > P9Limits.MaxClientId)
            return Errno.EINVAL;
        q.LockOwner = new LockOwner(this, m.ProcId, Encoding.UTF8.GetString(m.ClientId));
        q.LockType = (LockType)m.Kind;
        q.LockStart = (long)m.Start;
        q.LockLength = (long)m.Length;
        var error = TryLock(q, fid);
        if (error != Errno.EAGAIN || (m.Flags & 1) == 0 || IsDraining)
            return AnswerLock(q, error);
        q.LockDeadline = Loop.NowMs + _options.LockHoldMs;
        _lockWaiters.Add(q);
        _hasLockWaiters = true;
        if (!_lockTimer.IsPending)
            Loop.Delay(LockPollMs, _lockTimer);
        return Held;
    }

    private Errno TryLock(Request q, Fid fid)
    {
        // A fid clunked while its lock waited has nothing left to lock.
        if (fid.File is not { } file)
            return Errno.EBADF;
        var error = fid.Volume.TryLock(file, q.LockOwner!, q.LockType, q.LockStart, q.LockLength);
        if (error == Errno.EACCES)
            error = Errno.EAGAIN;
        if (error != Errno.None)
            return error;
        if (q.LockType == LockType.Unlock)
            _server.LocksChanged();
        else
            fid.HasLocks = true;
        return Errno.None;
    }

    private Errno AnswerLock(Request q, Errno error)
    {
        if (error is not (Errno.None or Errno.EAGAIN))
            return error;
        Answer(q, new Rlock { Status = error == Errno.None ? LockSuccess : LockBlocked });
        return Errno.None;
    }

    private Errno GetLock(Request q)
    {
        if (!Tgetlock.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Fid) is not { } fid || fid.File is not { } file)
            return Errno.EBADF;
        if (m.Kind > 2 || m.Start > long.MaxValue || m.Length > long.MaxValue || m.ClientId.Length > P9Limits.MaxClientId)
            return Errno.EINVAL;

        // The kernel's client always says UNLCK here; it means "would a write lock conflict".
        var type = m.Kind == 0 ? LockType.Read : LockType.Write;
        var owner = new LockOwner(this, m.ProcId, Encoding.UTF8.GetString(m.ClientId));
        var result = fid.Volume.TestLock(file, owner, type, (long)m.Start, (long)m.Length);
        if (!result.IsOk)
            return result.Error;
        var found = result.Value;
        if (found.Type == LockType.Unlock)
            Answer(q, new Rgetlock { Kind = 2, Start = m.Start, Length = m.Length, ProcId = m.ProcId, ClientId = m.ClientId });
        else
            Answer(q, new Rgetlock { Kind = (byte)found.Type, Start = (ulong)found.Start, Length = (ulong)found.Length, ProcId = found.ProcessId, ClientId = Encoding.UTF8.GetBytes(found.ClientId) });
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
