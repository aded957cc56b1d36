using System.Globalization;
using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Fuse.Wire;
using Pentode.Uring;

namespace Pentode.Fuse;

/// <content>
/// Record locks and flock(2), which to the tree are locks of the whole file. The tree never waits: a lock that waits is tried again when one
/// of this mount goes, and from time to time because others may use the tree.
/// </content>
public sealed partial class FuseSession
{
    private const long LockRetryMs = 50;

    private readonly List<FuseRequest> _lockWaiters = [];
    private readonly Dictionary<ulong, (LockOwner Owner, int Files)> _owners = [];
    private readonly LockTimer _retryLocks;

    private ValueTask<Errno> TestLock(FuseRequest q)
    {
        if (!FuseLkIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        if (Pin(q, m.Handle) is not { } file)
            return new(Errno.EBADF);
        var owner = _owners.TryGetValue(m.Owner, out var known) ? known.Owner : MakeOwner(m.Owner, m.Pid);
        var task = _volume.TestLock(file, owner, (LockType)m.Type, (long)m.Start, LengthOf(m));
        return task.IsCompletedSuccessfully ? new(AnswerTest(q, task.Result)) : AnswerTestLater(q, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerTestLater(FuseRequest q, ValueTask<Result<LockRange>> task) => AnswerTest(q, await task.ConfigureAwait(false));

    private Errno AnswerTest(FuseRequest q, Result<LockRange> found)
    {
        if (!found.IsOk)
            return found.Error;
        var range = found.Value;
        Span<byte> bytes = stackalloc byte[FuseLkOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseLkOut
        {
            Start = (ulong)range.Start,
            End = range.Length == 0 ? FuseLimits.LockToEnd : (ulong)(range.Start + range.Length - 1),
            Type = (uint)range.Type,
            Pid = range.ProcessId,
        }.Write(ref writer);
        _ = Answer(q, bytes);
        return Errno.None;
    }

    private ValueTask<Errno> SetLock(FuseRequest q)
    {
        if (!FuseLkIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        if (Pin(q, m.Handle) is not { } file)
            return new(Errno.EBADF);
        var type = (LockType)m.Type;
        if (type == LockType.Unlock && !_owners.ContainsKey(m.Owner))
            return new(Errno.None);
        if (type != LockType.Unlock)
            return AskLock(q, m, file);
        var task = _volume.Lock(file, OwnerOf(q.Handle!, m.Owner, m.Pid), type, (long)m.Start, LengthOf(m));
        if (!task.IsCompletedSuccessfully)
            return UnlockedLater(task);
        RetryLocks();
        return task;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> UnlockedLater(ValueTask<Errno> task)
    {
        var error = await task;
        RetryLocks();
        return error;
    }

    /// <summary>Tries, and when others than this tree's owners are in the way waits in the volume, where it can be interrupted.</summary>
    private ValueTask<Errno> AskLock(FuseRequest q, in FuseLkIn m, IOpenFile file)
    {
        var wait = q.Opcode == FuseOpcode.Setlkw && _volume.LocksMayWait ? new LockWait(-1, q.Token) : default;
        var task = _volume.Lock(file, OwnerOf(q.Handle!, m.Owner, m.Pid), (LockType)m.Type, (long)m.Start, LengthOf(m), wait);
        return task.IsCompletedSuccessfully ? new(Asked(q, task.Result)) : AskedLater(q, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AskedLater(FuseRequest q, ValueTask<Errno> task) => Asked(q, await task.ConfigureAwait(false));

    private Errno Asked(FuseRequest q, Errno error)
    {
        if (error == Errno.None && _volume.LocksMayWait)
            DoubtAttributes(q);
        if (error != Errno.EAGAIN || q.Opcode != FuseOpcode.Setlkw)
            return error;
        // Interrupted while it asked others: nobody will interrupt it again.
        if (q.IsGivenUp || _isEnding)
            return Errno.EINTR;
        if (!q.IsPending)
        {
            if (_pending.Count >= _options.MaxWaiting)
                return Errno.ENOLCK;
            MarkPending(q);
        }

        _lockWaiters.Add(q);
        _retryLocks.Arm();
        return Held;
    }

    // Others may have written under the lock before. The kernel asks for the attributes before it reads next, and drops its pages when they differ. (Told to drop pages
    // here it could wait for one that this thread is to bring.)
    private void DoubtAttributes(FuseRequest q)
    {
        Span<byte> bytes = stackalloc byte[FuseNotifyInvalidateInodeOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseNotifyInvalidateInodeOut { NodeId = q.NodeId, Offset = -1 }.Write(ref writer);
        _ = Send(0, FuseLimits.NotifyInvalidateInode, bytes);
    }

    private static long LengthOf(in FuseLkIn m) => m.End >= FuseLimits.LockToEnd ? 0 : (long)(m.End - m.Start) + 1;

    private LockOwner MakeOwner(ulong owner, uint pid) => new(this, pid, owner.ToString("x16", CultureInfo.InvariantCulture));

    // The process that first locked stands for its owner: owners are compared as a whole.
    private LockOwner OwnerOf(FuseHandle handle, ulong owner, uint pid)
    {
        if ((handle.LockOwners ??= []).Add(owner))
            _owners[owner] = _owners.TryGetValue(owner, out var known) ? known with { Files = known.Files + 1 } : (MakeOwner(owner, pid), 1);
        return _owners[owner].Owner;
    }

    /// <summary>What an owner locked through a file goes; nobody hears how.</summary>
    private ValueTask<Errno> DropOwner(FuseHandle handle, ulong owner)
    {
        if (handle.LockOwners is null || !handle.LockOwners.Remove(owner) || !_owners.TryGetValue(owner, out var known))
            return default;
        if (known.Files == 1)
            _owners.Remove(owner);
        else
            _owners[owner] = known with { Files = known.Files - 1 };
        var task = _volume.Lock(handle.File, known.Owner, LockType.Unlock, 0, 0);
        if (!task.IsCompletedSuccessfully)
            return UnlockedLater(task);
        _ = task.Result;
        RetryLocks();
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DropOwners(FuseHandle handle)
    {
        while (handle.LockOwners is { Count: > 0 } owners)
        {
            var owner = 0UL;
            foreach (var first in owners)
            {
                owner = first;
                break;
            }

            _ = await DropOwner(handle, owner);
        }
    }

    private void GiveUpLock(FuseRequest q)
    {
        if (_lockWaiters.Remove(q))
            Finish(q, Errno.EINTR);
    }

    private void RetryLocks()
    {
        // Those that go on waiting are put at the end again, so that their order stays.
        for (var left = _lockWaiters.Count; left > 0 && _lockWaiters.Count > 0; left--)
        {
            var q = _lockWaiters[0];
            _lockWaiters.RemoveAt(0);
            var task = FuseLkIn.TryRead(q.Body.Span, out var m) && q.Handle is { } handle ? AskLock(q, m, handle.File) : new(Errno.EBADF);
            if (task.IsCompletedSuccessfully)
                Finish(q, task.Result);
            else
                q.Await(task);
        }
    }

    private sealed class LockTimer(FuseSession session) : IoCompletion
    {
        public void Arm()
        {
            if (!IsPending)
                session.Loop.Delay(LockRetryMs, this);
        }

        public override void Complete(int result)
        {
            if (result < 0)
                return;
            session.RetryLocks();
            if (session._lockWaiters.Count > 0)
                Arm();
        }
    }
}
