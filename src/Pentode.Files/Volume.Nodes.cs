using Pentode.Core;

namespace Pentode.Files;

/// <content>What concerns a node itself.</content>
public sealed partial class Volume
{
    /// <inheritdoc cref="INode.GetAttributes"/>
    public ValueTask<Result<FileAttributes>> GetAttributes(Credentials who, INode node)
    {
        var error = Begin(FilesFaults.Attributes);
        return error != Errno.None ? Refuse<FileAttributes>(error) : Counted(node.GetAttributes(Squash(who)));
    }

    /// <inheritdoc cref="INode.SetAttributes"/>
    public ValueTask<Errno> SetAttributes(Credentials who, INode node, AttributeChange change, IOpenFile? through = null)
    {
        var error = BeginChange(FilesFaults.Attributes);
        if (error == Errno.None)
            error = CheckChange(node, change);
        if (error == Errno.None && through is not null && _options.SharedLocks is { } shared)
            error = shared.Check(through);
        if (error != Errno.None)
            return Refuse(error);
        if (change.Mode is { } mode)
            change = change with { Mode = mode & 0xFFF };
        return Counted(node.SetAttributes(Squash(who), change, through));
    }

    /// <inheritdoc cref="INode.ReadLink"/>
    public ValueTask<Result<byte[]>> ReadLink(Credentials who, INode node)
    {
        var error = Begin(FilesFaults.Lookup);
        if (error == Errno.None && !node.Id.IsSymbolicLink)
            error = Errno.EINVAL;
        return error != Errno.None ? Refuse<byte[]>(error) : Counted(node.ReadLink(Squash(who)));
    }

    /// <inheritdoc cref="INode.Open(Credentials, int)"/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, INode node, int flags)
    {
        var error = Begin(FilesFaults.Open);
        if (error == Errno.None)
            error = CheckOpen(node, flags);
        return error != Errno.None ? Refuse<IOpenFile>(error) : Counted(node.Open(Squash(who), flags));
    }

    /// <inheritdoc cref="INode.Open(Credentials, int, OpenOrigin)"/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, INode node, int flags, OpenOrigin origin)
    {
        var error = Begin(FilesFaults.Open);
        if (error == Errno.None)
            error = CheckOpen(node, flags);
        return error != Errno.None ? Refuse<IOpenFile>(error) : Counted(node.Open(Squash(who), flags, origin));
    }

    /// <inheritdoc cref="INode.OpenStateless"/>
    public ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, INode node, int flags)
    {
        var error = Begin(FilesFaults.Open);
        if (error == Errno.None)
            error = CheckOpen(node, flags);
        return error != Errno.None ? Refuse<IOpenFile>(error) : Counted(node.OpenStateless(Squash(who), flags));
    }

    /// <inheritdoc cref="INode.Access"/>
    public ValueTask<Result<int>> Access(Credentials who, INode node, int wanted)
    {
        var error = Begin(FilesFaults.Attributes);
        if (IsReadOnly)
            wanted &= ~2;
        return error != Errno.None ? Refuse<int>(error) : Counted(node.Access(Squash(who), wanted & 7));
    }

    /// <inheritdoc cref="ITreeBackend.OpenHandle"/>
    public ValueTask<Result<INode>> OpenHandle(NodeHandle handle)
    {
        var error = Begin(FilesFaults.Lookup);
        return error != Errno.None ? Refuse<INode>(error) : Counted(_backend.OpenHandle(handle));
    }

    /// <inheritdoc cref="INode.GetStatistics"/>
    public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who, INode node)
    {
        var error = Begin(FilesFaults.Statistics);
        return error != Errno.None ? Refuse<FileSystemStatistics>(error) : Counted(node.GetStatistics(Squash(who)));
    }

    /// <inheritdoc cref="INode.RemoveSelf"/>
    public ValueTask<Errno> RemoveSelf(Credentials who, INode node)
    {
        var error = BeginChange(FilesFaults.Unlink);
        return error != Errno.None ? Refuse(error) : Counted(node.RemoveSelf(Squash(who)));
    }

    /// <inheritdoc cref="INode.RenameSelf"/>
    public ValueTask<Errno> RenameSelf(Credentials who, INode node, INode newDirectory, FileName newName)
    {
        var error = BeginChange(FilesFaults.Rename);
        if (error == Errno.None)
            error = CheckName(newName, Errno.EBUSY);
        if (error == Errno.None && !newDirectory.Id.IsDirectory)
            error = Errno.ENOTDIR;
        return error != Errno.None ? Refuse(error) : Counted(node.RenameSelf(Squash(who), newDirectory, newName));
    }

    private static Errno CheckChange(INode node, AttributeChange change)
    {
        if (change.AccessTime is { Nanoseconds: > 999_999_999 } || change.ModifyTime is { Nanoseconds: > 999_999_999 })
            return Errno.EINVAL;
        if (change.Size is not { } size)
            return Errno.None;
        if (node.Id.IsDirectory)
            return Errno.EISDIR;
        return size > long.MaxValue || !node.Id.IsRegular ? Errno.EINVAL : Errno.None;
    }

    private Errno CheckOpen(INode node, int flags)
    {
        const int directoryFlag = 0x10000;
        var isWrite = (flags & AccessModeMask) != 0 || (flags & TruncateFlag) != 0;
        var id = node.Id;
        if (id.IsSymbolicLink)
            return Errno.ELOOP;
        if (!id.IsDirectory && (flags & directoryFlag) != 0)
            return Errno.ENOTDIR;
        if (id.IsDirectory && isWrite)
            return Errno.EISDIR;
        if (!id.IsDirectory && !id.IsRegular)
            return Errno.ENXIO;
        if (isWrite && IsReadOnly)
            return Errno.EROFS;
        return isWrite && _options.Guard is { } guard ? guard.Check() : Errno.None;
    }
}
