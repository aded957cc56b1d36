using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Manager;

namespace Pentode.Locks.Tree;

/// <summary>A domain this node has joined through the tree, with the locks made in it.</summary>
internal sealed class LockDomainNode(LockTree tree, LockRootNode parent, LockDomain domain, uint mode, uint uid, uint gid) : LockDirectoryNode(tree, mode, uid, gid, parent)
{
    private const int Exclusive = 0x80;

    private bool _isLeaving;

    internal LockDomain Domain => domain;

    /// <summary>The locks made in it. Under the gate.</summary>
    internal IEnumerable<LockFileNode> Locks => Entries.OfType<LockFileNode>();

    protected override ulong LinkCount => _isLeaving ? 0u : 2u;

    /// <inheritdoc/>
    public override async ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid, OpenOrigin origin)
    {
        LockFileNode lockNode;
        var isNew = false;
        lock (Tree.Gate)
        {
            if (Find(name) is LockFileNode known)
            {
                if ((flags & Exclusive) != 0)
                    return Errno.EEXIST;
                lockNode = known;
            }
            else
            {
                var made = Make(who, name, mode, gid);
                if (!made.IsOk)
                    return made.Error;
                lockNode = made.Value;
                isNew = true;
            }
        }

        // The maker may open what he makes, whatever its mode.
        var file = await lockNode.Open(isNew ? Credentials.Root : who, flags, origin).ConfigureAwait(false);
        // The inode stays when the lock was not to be had, as in dlmfs.
        return file.IsOk ? new CreatedFile(lockNode, file.Value) : file.Error;
    }

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid) => new((Result<INode>)CheckNothingMade(who, name));

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid)
    {
        if (!IsRegular(mode))
            return new((Result<INode>)CheckNothingMade(who, name));
        lock (Tree.Gate)
        {
            var made = Find(name) is not null ? Errno.EEXIST : Make(who, name, mode, gid);
            return new(made.IsOk ? (Result<INode>)made.Value : made.Error);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory)
    {
        LockFileNode? victim;
        lock (Tree.Gate)
        {
            victim = Find(name) as LockFileNode;
            if (victim is null)
                return Allows(who, SearchAccess) ? Errno.ENOENT : Errno.EACCES;
            if (CheckRemove(who, victim) is var error and not Errno.None)
                return error;
            if (directory)
                return Errno.ENOTDIR;
            if (!victim.TryBeginRemoval(out error))
                return error;
        }

        var waiters = victim.EndOfWaiters;
        if (waiters is not null)
            await waiters.ConfigureAwait(false);
        var dropped = await domain.DropAsync(victim.Name).ConfigureAwait(false);
        lock (Tree.Gate)
        {
            if (dropped == Errno.EBUSY)
            {
                victim.EndRemoval();
                return dropped;
            }

            // What the store could not be told goes with the session.
            Remove(victim.Name, victim);
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<Errno> RemoveSelf(Credentials who) => parent.Remove(who, domain);

    /// <summary>Closes the domain for what is new; false when it holds locks or is leaving already. Under the gate.</summary>
    internal bool TryBeginLeaving(out Errno error)
    {
        error = _isLeaving ? Errno.ENOENT : Count > 0 ? Errno.ENOTEMPTY : Errno.None;
        if (error == Errno.None)
            _isLeaving = true;
        return error == Errno.None;
    }

    /// <summary>It stays. Under the gate.</summary>
    internal void EndLeaving() => _isLeaving = false;

    private Result<LockFileNode> Make(Credentials who, FileName name, uint mode, uint gid)
    {
        if (_isLeaving)
            return Errno.ENOENT;
        if (CheckAdd(who, exists: false) is var error and not Errno.None)
            return error;
        if (!LockName.TryCreate(name.Bytes.Span, out var key) || !domain.Options.Allows(key))
            return Errno.EINVAL;
        var (_, group) = Inherit(who, mode, gid, isDirectory: false);
        var node = new LockFileNode(Tree, this, key, mode, who.Uid, group);
        Add(key, node);
        return node;
    }
}
