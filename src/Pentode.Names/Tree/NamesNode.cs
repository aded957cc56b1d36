using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>Base of all nodes of a namespace: counts references and refuses what a kind of node does not have.</summary>
internal abstract class NamesNode(NamesTree tree) : INode
{
    private int _references = 1;

    /// <inheritdoc/>
    public abstract NodeId Id { get; }

    /// <inheritdoc/>
    public abstract Result<NodeHandle> Handle { get; }

    /// <inheritdoc/>
    public virtual FileAttributes? AsFound => null;

    protected NamesTree Tree { get; } = tree;

    /// <inheritdoc/>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <inheritdoc/>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            Closed();
    }

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> Lookup(Credentials who, FileName name) => new(Errno.ENOTDIR);

    /// <inheritdoc/>
    public abstract ValueTask<Result<FileAttributes>> GetAttributes(Credentials who);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Result<byte[]>> ReadLink(Credentials who) => new(Errno.EINVAL);

    /// <inheritdoc/>
    public abstract ValueTask<Result<IOpenFile>> Open(Credentials who, int flags);

    /// <inheritdoc/>
    public virtual ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags) => Open(who, flags);

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> CreateExclusive(Credentials who, FileName name, ulong verifier, uint mode, uint gid) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> Link(Credentials who, INode target, FileName name) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory) => new(Errno.EROFS);

    /// <inheritdoc/>
    public virtual ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name) => new(Errno.ENODATA);

    /// <inheritdoc/>
    public virtual ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who) => new(Array.Empty<byte>());

    /// <inheritdoc/>
    public virtual ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who) => Tree.Statistics();

    /// <inheritdoc/>
    public virtual ValueTask<Errno> RemoveSelf(Credentials who) => new(Errno.EACCES);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName) => new(Errno.EPERM);

    /// <summary>Do a mode and owner let somebody open with those flags? Without open files the owner is not refused, and what executes may be read.</summary>
    protected static Errno CheckOpen(Credentials who, uint mode, uint uid, uint gid, int flags, bool isStateless)
    {
        const int accessMode = 3;
        const int truncate = 0x200;
        var wanted = (flags & accessMode) switch { 0 => Access.Read, 1 => Access.Write, _ => Access.Read | Access.Write };
        if ((flags & truncate) != 0)
            wanted |= Access.Write;
        var error = Access.Check(who, mode, uid, gid, wanted);
        if (error == Errno.None || !isStateless)
            return error;
        return who.Uid == uid || (wanted == Access.Read && Access.Check(who, mode, uid, gid, Access.Search) == Errno.None) ? Errno.None : error;
    }

    /// <summary>The last reference is gone.</summary>
    protected virtual void Closed()
    {
    }
}
