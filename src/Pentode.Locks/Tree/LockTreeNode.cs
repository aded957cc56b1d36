using Pentode.Core;
using Pentode.Files;

namespace Pentode.Locks.Tree;

/// <summary>
/// What all nodes of a lock tree share: attributes, permissions, and the refusals. Nodes are memory only, so references need not be counted.
/// </summary>
internal abstract class LockTreeNode : INode
{
    protected const uint ReadAccess = 4, WriteAccess = 2, SearchAccess = 1;

    private const uint SetGroupId = 0x400;
    private const uint Sticky = 0x200;
    private const int TypeMask = 0xF000;

    private readonly uint _type;
    private uint _mode;
    private uint _uid;
    private uint _gid;
    private FileTime _accessed;
    private FileTime _modified;
    private FileTime _changed;

    protected LockTreeNode(LockTree tree, uint type, uint mode, uint uid, uint gid)
    {
        Tree = tree;
        _type = type;
        _mode = mode & 0xFFF;
        _uid = uid;
        _gid = gid;
        Id = new NodeId(tree.NextId(), type, 0);
        Number = tree.NextNumber();
        _accessed = _modified = _changed = tree.Now();
    }

    /// <inheritdoc/>
    public NodeId Id { get; }

    /// <summary>Its place in the listing of its directory.</summary>
    internal long Number { get; }

    protected LockTree Tree { get; }

    protected abstract ulong Size { get; }

    protected abstract ulong LinkCount { get; }

    /// <inheritdoc/>
    public void AddReference()
    {
    }

    /// <inheritdoc/>
    public void Release()
    {
    }

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> Lookup(Credentials who, FileName name) => new((Result<INode>)Errno.ENOTDIR);

    /// <inheritdoc/>
    public ValueTask<Result<Files.FileAttributes>> GetAttributes(Credentials who)
    {
        lock (Tree.Gate)
        {
            return new(new Files.FileAttributes
            {
                Id = Id,
                Mode = _type | _mode,
                Uid = _uid,
                Gid = _gid,
                LinkCount = LinkCount,
                Size = Size,
                AccessTime = _accessed,
                ModifyTime = _modified,
                ChangeTime = _changed,
            });
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        lock (Tree.Gate)
        {
            var error = CheckChange(who, change, through);
            if (error != Errno.None)
                return new(error);
            var now = Tree.Now();
            if (change.Mode is { } mode)
                _mode = who.Uid == 0 || who.IsInGroup(change.Gid ?? _gid) ? mode & 0xFFF : mode & 0xFFF & ~SetGroupId;
            _uid = change.Uid ?? _uid;
            _gid = change.Gid ?? _gid;
            if (change.SetAccessTime)
                _accessed = change.AccessTime ?? now;
            if (change.SetModifyTime)
                _modified = change.ModifyTime ?? now;
            // A length is accepted and changes nothing: the value is always 64 bytes.
            _changed = now;
            return new(Errno.None);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ReadLink(Credentials who) => new((Result<byte[]>)Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, int flags) => Open(who, flags, default);

    /// <inheritdoc/>
    public abstract ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, OpenOrigin origin);

    /// <inheritdoc/>
    public ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid) => Create(who, name, flags, mode, gid, default);

    /// <inheritdoc/>
    public virtual ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid, OpenOrigin origin) => new((Result<CreatedFile>)Errno.ENOTDIR);

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid) => new((Result<INode>)Errno.ENOTDIR);

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid) => new((Result<INode>)Errno.ENOTDIR);

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid) => new((Result<INode>)CheckNothingMade(who, name));

    /// <inheritdoc/>
    public ValueTask<Errno> Link(Credentials who, INode target, FileName name) => new(CheckNothingMade(who, name));

    /// <inheritdoc/>
    public ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName) => new(Errno.EPERM);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory) => new(Errno.ENOTDIR);

    /// <inheritdoc/>
    public virtual ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name) => new((Result<byte[]>)Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public virtual ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who) => new((Result<byte[]>)Array.Empty<byte>());

    /// <inheritdoc/>
    public ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who) =>
        new(new FileSystemStatistics(LockTree.FileSystemType, LockTree.BlockSize, 0, 0, 0, 0, 0, 0, LockTree.NameLength));

    /// <inheritdoc/>
    public virtual ValueTask<Errno> RemoveSelf(Credentials who) => new(Errno.EBUSY);

    /// <inheritdoc/>
    public ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName) => new(Errno.EPERM);

    /// <summary>True when a user may do this by mode, owner and group. Under the gate.</summary>
    internal bool Allows(Credentials who, uint access)
    {
        if (who.Uid == 0)
            return true;
        var shift = who.Uid == _uid ? 6 : who.IsInGroup(_gid) ? 3 : 0;
        return ((_mode >> shift) & access) == access;
    }

    /// <summary>The error for adding an entry of a name, EEXIST when it is there. Under the gate.</summary>
    protected Errno CheckAdd(Credentials who, bool exists) =>
        !Allows(who, SearchAccess) ? Errno.EACCES : exists ? Errno.EEXIST : Allows(who, WriteAccess | SearchAccess) ? Errno.None : Errno.EACCES;

    /// <summary>The error for removing an entry. Under the gate.</summary>
    protected Errno CheckRemove(Credentials who, LockTreeNode victim)
    {
        if (!Allows(who, WriteAccess | SearchAccess))
            return Errno.EACCES;
        return (_mode & Sticky) != 0 && who.Uid != 0 && who.Uid != _uid && who.Uid != victim._uid ? Errno.EPERM : Errno.None;
    }

    /// <summary>What an entry made here gets: its group, and for a directory the set-group-id bit, from a set-group-id parent. Under the gate.</summary>
    protected (uint Mode, uint Gid) Inherit(Credentials who, uint mode, uint gid, bool isDirectory)
    {
        if ((_mode & SetGroupId) != 0)
            return (isDirectory ? mode | SetGroupId : mode, _gid);
        return (mode, gid == uint.MaxValue ? who.Gid : gid);
    }

    /// <summary>The answer to symlink(2), link(2) and such: what a check before it says, EPERM otherwise.</summary>
    protected virtual Errno CheckNothingMade(Credentials who, FileName name) => Errno.ENOTDIR;

    protected static bool IsRegular(uint mode) => (mode & TypeMask) is 0 or 0x8000;

    private Errno CheckChange(Credentials who, AttributeChange change, IOpenFile? through)
    {
        var isOwner = who.Uid == 0 || who.Uid == _uid;
        if (change.Uid is { } uid && uid != _uid && who.Uid != 0)
            return Errno.EPERM;
        if (change.Gid is { } gid && gid != _gid && who.Uid != 0 && !(isOwner && who.IsInGroup(gid)))
            return Errno.EPERM;
        if (change.Mode is not null && !isOwner)
            return Errno.EPERM;
        if (change.Size is not null && through is null && !Allows(who, WriteAccess))
            return Errno.EACCES;
        if ((change.AccessTime is not null || change.ModifyTime is not null) && !isOwner)
            return Errno.EPERM;
        return (change.SetAccessTime || change.SetModifyTime) && !isOwner && !Allows(who, WriteAccess) ? Errno.EACCES : Errno.None;
    }
}
