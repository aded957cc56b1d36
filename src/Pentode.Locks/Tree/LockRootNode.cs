using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Manager;

namespace Pentode.Locks.Tree;

/// <summary>The root: domains, and unless the tree is compatible the files <c>.capabilities</c> and <c>.locks</c>, which are found but not listed.</summary>
internal sealed class LockRootNode : LockDirectoryNode
{
    private const uint RootMode = 0x1ED;

    private readonly LockViewNode? _capabilities;
    private readonly LockViewNode? _locks;

    internal LockRootNode(LockTree tree)
        : base(tree, RootMode, tree.Options.Uid, tree.Options.Gid, parent: null)
    {
        if (tree.Options.IsCompatible)
            return;
        _capabilities = new LockViewNode(tree, static () => new(LockTree.Capabilities + "\n"));
        if (tree.Options.Listing is { } listing)
            _locks = new LockViewNode(tree, listing);
    }

    /// <summary>The domains joined. Under the gate.</summary>
    internal IEnumerable<LockDomainNode> Domains => Entries.OfType<LockDomainNode>();

    protected override ulong LinkCount => 2 + (ulong)Count;

    /// <inheritdoc/>
    public override async ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid)
    {
        lock (Tree.Gate)
        {
            if (CheckAdd(who, Find(name) is not null) is var error and not Errno.None)
                return error;
        }

        if (!LockName.TryCreate(name.Bytes.Span, out var key))
            return Errno.EINVAL;
        var joined = await Tree.Manager.JoinAsync(key, Tree.Options.DomainOptions?.Invoke(key)).ConfigureAwait(false);
        if (!joined.IsOk)
            return joined.Error;
        lock (Tree.Gate)
        {
            if (Find(name) is not null)
                return Errno.EEXIST;
            var (inherited, group) = Inherit(who, mode, gid, isDirectory: true);
            var node = new LockDomainNode(Tree, this, joined.Value, inherited, who.Uid, group);
            Add(key, node);
            return node;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid, OpenOrigin origin)
    {
        const int exclusive = 0x80;
        lock (Tree.Gate)
        {
            if (Find(name) is { } found)
                return new((Result<CreatedFile>)((flags & exclusive) != 0 ? Errno.EEXIST : found.Id.IsDirectory ? Errno.EISDIR : Errno.EACCES));
            return new((Result<CreatedFile>)Errno.EACCES);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid)
    {
        var error = CheckNothingMade(who, name);
        return new((Result<INode>)(error == Errno.EPERM && IsRegular(mode) ? Errno.EACCES : error));
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory)
    {
        LockDomainNode domain;
        LockName key;
        lock (Tree.Gate)
        {
            if (Find(name) is not { } found)
                return Allows(who, SearchAccess) ? Errno.ENOENT : Errno.EACCES;
            if (CheckRemove(who, found) is var error and not Errno.None)
                return error;
            if (found is not LockDomainNode it)
                return directory ? Errno.ENOTDIR : Errno.EPERM;
            if (!directory)
                return Errno.EISDIR;
            if (!it.TryBeginLeaving(out error))
                return error;
            domain = it;
            _ = LockName.TryCreate(name.Bytes.Span, out key);
        }

        var left = await domain.Domain.LeaveAsync().ConfigureAwait(false);
        lock (Tree.Gate)
        {
            // Used beside this tree, by a command of the daemon: the directory stays.
            if (left == Errno.EBUSY)
            {
                domain.EndLeaving();
                return left;
            }

            Remove(key, domain);
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    protected override LockTreeNode? Find(FileName name)
    {
        if (_capabilities is not null && name.Bytes.Span.SequenceEqual(".capabilities"u8))
            return _capabilities;
        if (_locks is not null && name.Bytes.Span.SequenceEqual(".locks"u8))
            return _locks;
        return base.Find(name);
    }

    /// <summary>Removes a domain by itself.</summary>
    internal ValueTask<Errno> Remove(Credentials who, LockDomain domain) => Unlink(who, new FileName(domain.Name.Bytes.ToArray()), directory: true);
}
