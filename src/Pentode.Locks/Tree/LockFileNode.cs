using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Tree;

/// <summary>A lock: opening it takes it, closing gives it back to the node, which keeps it until another node wants it.</summary>
internal sealed class LockFileNode(LockTree tree, LockDomainNode parent, LockName name, uint mode, uint uid, uint gid) : LockTreeNode(tree, Regular, mode, uid, gid)
{
    private const uint Regular = 0x8000;
    private const int Direct = 0x4000;
    private const int NonBlock = 0x800;
    private const int Truncate = 0x200;
    private const int AccessMode = 3;

    // Exclusive uses without a write after which none is expected.
    private const int SeldomUses = 16;

    private int _holders;
    private int _lost;
    private int _waiters;
    private int _quietUses = SeldomUses;
    private bool _isRemoving;
    private TaskCompletionSource? _noWaiters;
    private ByteRangeLocks? _ranges;

    internal LockName Name => name;

    /// <summary>Byte-range locks between programs of this node, which have nothing to do with the lock itself.</summary>
    internal ByteRangeLocks Ranges
    {
        get
        {
            lock (Tree.Gate)
                return _ranges ??= new ByteRangeLocks();
        }
    }

    /// <summary>Ends when nobody waits any more, if somebody does.</summary>
    internal Task? EndOfWaiters => _noWaiters?.Task;

    /// <summary>The last exclusive uses did not write the value. Only tells what is cheaper.</summary>
    internal bool IsSeldomWritten => Volatile.Read(ref _quietUses) >= SeldomUses;

    internal bool IsCompatible => Tree.Options.IsCompatible;

    internal LockManager Manager => Tree.Manager;

    internal LockDomain Domain => parent.Domain;

    protected override ulong Size => LockTree.ValueBytes;

    protected override ulong LinkCount => _isRemoving ? 0u : 1u;

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, OpenOrigin origin)
    {
        if ((flags & Direct) != 0)
            return new((Result<IOpenFile>)Errno.EINVAL);
        var access = (flags & AccessMode) switch { 0 => ReadAccess, 1 => WriteAccess, _ => ReadAccess | WriteAccess };
        if ((flags & Truncate) != 0)
            access |= WriteAccess;
        var isTry = (flags & NonBlock) != 0;
        lock (Tree.Gate)
        {
            if (!Allows(who, access))
                return new((Result<IOpenFile>)Errno.EACCES);
            if (_isRemoving)
                return new((Result<IOpenFile>)(isTry ? Errno.ETXTBSY : Errno.EAGAIN));
            _waiters++;
        }

        var options = new AcquireOptions(
            (flags & AccessMode) == 0 ? LockMode.Shared : LockMode.Exclusive, isTry, Tree.Options.WaitTimeoutMs, (int)origin.Pid, Witness: origin.Pid == 0 ? null : Tree.Witness);
        var task = Domain.AcquireAsync(name, options, origin.Cancel);
        return task.IsCompletedSuccessfully ? new(Opened(task.Result, flags)) : OpenedLater(task, flags);
    }

    /// <inheritdoc/>
    public override ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName attribute)
    {
        if (IsCompatible)
            return new((Result<byte[]>)Errno.EOPNOTSUPP);
        lock (Tree.Gate)
        {
            if (!Allows(who, ReadAccess))
                return new((Result<byte[]>)Errno.EACCES);
        }

        return new(LockAttributes.Find(Domain, name, attribute));
    }

    /// <inheritdoc/>
    public override ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who) => new((Result<byte[]>)(IsCompatible ? [] : LockAttributes.Names));

    /// <inheritdoc/>
    public override ValueTask<Errno> RemoveSelf(Credentials who) => parent.Unlink(who, new FileName(name.Bytes.ToArray()), directory: false);

    /// <summary>
    /// No open succeeds from now on; false when the lock is in use. In a compatible tree those that wait are waited for, and then fail; else they are
    /// users too. Under the gate.
    /// </summary>
    internal bool TryBeginRemoval(out Errno error)
    {
        error = _isRemoving || _holders > 0 || (_waiters > 0 && !IsCompatible) ? Errno.EBUSY : Errno.None;
        if (error != Errno.None)
            return false;
        _isRemoving = true;
        if (_waiters > 0)
            _noWaiters = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return true;
    }

    /// <summary>It stays. Under the gate.</summary>
    internal void EndRemoval()
    {
        _isRemoving = false;
        _noWaiters = null;
    }

    /// <summary>True while there is an open file whose lock is lost. Under the gate.</summary>
    internal bool HasLost => _lost > 0;

    internal void Closed(bool wasExclusive, bool hasWritten, bool wasLost)
    {
        lock (Tree.Gate)
        {
            _holders--;
            _lost -= wasLost ? 1 : 0;
            if (wasExclusive)
                _quietUses = hasWritten ? 0 : Math.Min(_quietUses + 1, SeldomUses);
        }
    }

    internal void Lost()
    {
        lock (Tree.Gate)
            _lost++;
    }

    private async ValueTask<Result<IOpenFile>> OpenedLater(ValueTask<Result<LockHandle>> task, int flags) => Opened(await task.ConfigureAwait(false), flags);

    private Result<IOpenFile> Opened(Result<LockHandle> handle, int flags)
    {
        var isRemoving = !TryHold(handle.IsOk);
        if (isRemoving && handle.IsOk)
            handle.Value.Dispose();
        EndWaiting();
        var isTry = (flags & NonBlock) != 0;
        if (!handle.IsOk)
            return handle.Error == Errno.EAGAIN && isTry ? Errno.ETXTBSY : handle.Error;
        if (!isRemoving)
            return new LockOpenFile(this, handle.Value, flags);
        return isTry ? Errno.ETXTBSY : Errno.EAGAIN;
    }

    // False while the file is being removed.
    private bool TryHold(bool isGranted)
    {
        lock (Tree.Gate)
        {
            if (isGranted && !_isRemoving)
                _holders++;
            return !_isRemoving;
        }
    }

    // Whoever removes the file goes on then, and must not find the lock in use any more.
    private void EndWaiting()
    {
        lock (Tree.Gate)
        {
            if (--_waiters == 0)
                _noWaiters?.TrySetResult();
        }
    }
}
