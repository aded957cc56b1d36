using Pentode.Core;

namespace Pentode.Files;

/// <content>What concerns directory entries.</content>
public sealed partial class Volume
{
    private const int LongestLinkTarget = 4095;
    private const uint CharacterDevice = 0x2000;
    private const uint BlockDevice = 0x6000;

    /// <inheritdoc cref="INode.Lookup"/>
    public ValueTask<Result<INode>> Lookup(Credentials who, INode node, FileName name)
    {
        var error = Begin(FilesFaults.Lookup);
        if (error == Errno.None)
            error = CheckName(name, Errno.None);
        if (error == Errno.None && !node.Id.IsDirectory)
            error = Errno.ENOTDIR;
        if (error != Errno.None)
            return Refuse<INode>(error);
        if (!name.IsDot)
            return Counted(node.Lookup(Squash(who), name));
        node.AddReference();
        return new(Wrap(node));
    }

    /// <inheritdoc cref="INode.Recognize"/>
    public ValueTask<Result<FileAttributes>> Recognize(Credentials who, INode node, FileName name, INode child)
    {
        var error = Begin(FilesFaults.Lookup);
        if (error == Errno.None)
            error = CheckName(name, Errno.EOPNOTSUPP);
        if (error == Errno.None && !node.Id.IsDirectory)
            error = Errno.ENOTDIR;
        return error != Errno.None ? new(error) : node.Recognize(Squash(who), name, child);
    }

    /// <inheritdoc cref="INode.Create(Credentials, FileName, int, uint, uint)"/>
    public ValueTask<Result<CreatedFile>> Create(Credentials who, INode node, FileName name, int flags, uint mode, uint gid) => Create(who, node, name, flags, mode, gid, default);

    /// <inheritdoc cref="INode.Create(Credentials, FileName, int, uint, uint, OpenOrigin)"/>
    public ValueTask<Result<CreatedFile>> Create(Credentials who, INode node, FileName name, int flags, uint mode, uint gid, OpenOrigin origin)
    {
        var error = BeginEntry(node, name, Errno.EISDIR);
        if (error != Errno.None)
            return Refuse<CreatedFile>(error);
        var actor = Squash(who);
        return Counted(node.Create(actor, name, flags, mode & 0xFFF, GroupFor(actor, gid), origin));
    }

    /// <inheritdoc cref="INode.CreateExclusive"/>
    public ValueTask<Result<INode>> CreateExclusive(Credentials who, INode node, FileName name, ulong verifier, uint mode, uint gid)
    {
        var error = BeginEntry(node, name, Errno.EEXIST);
        if (error != Errno.None)
            return Refuse<INode>(error);
        var actor = Squash(who);
        return Counted(node.CreateExclusive(actor, name, verifier, mode & 0xFFF, GroupFor(actor, gid)));
    }

    /// <inheritdoc cref="INode.MakeDirectory"/>
    public ValueTask<Result<INode>> MakeDirectory(Credentials who, INode node, FileName name, uint mode, uint gid)
    {
        var error = BeginEntry(node, name, Errno.EEXIST);
        if (error != Errno.None)
            return Refuse<INode>(error);
        var actor = Squash(who);
        return Counted(node.MakeDirectory(actor, name, mode & 0xFFF, GroupFor(actor, gid)));
    }

    /// <inheritdoc cref="INode.MakeNode"/>
    public ValueTask<Result<INode>> MakeNode(Credentials who, INode node, FileName name, uint mode, uint major, uint minor, uint gid)
    {
        var error = BeginEntry(node, name, Errno.EEXIST);
        var type = mode & TypeMask;
        if (error == Errno.None)
        {
            error = type switch
            {
                0 or 0x8000 or 0x1000 or 0xC000 => Errno.None,
                CharacterDevice or BlockDevice => _options.AllowDevices ? Errno.None : Errno.EPERM,
                0x4000 => Errno.EPERM,
                _ => Errno.EINVAL,
            };
        }

        if (error != Errno.None)
            return Refuse<INode>(error);
        var actor = Squash(who);
        var kind = type == 0 ? 0x8000 : type;
        return Counted(node.MakeNode(actor, name, kind | (mode & 0xFFF), major, minor, GroupFor(actor, gid)));
    }

    /// <inheritdoc cref="INode.MakeSymbolicLink"/>
    public ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, INode node, FileName name, ReadOnlyMemory<byte> target, uint gid)
    {
        var error = BeginEntry(node, name, Errno.EEXIST);
        if (error == Errno.None)
        {
            if (target.Length > LongestLinkTarget)
                error = Errno.ENAMETOOLONG;
            else if (target.Length == 0 || target.Span.Contains((byte)0))
                error = Errno.EINVAL;
        }

        if (error != Errno.None)
            return Refuse<INode>(error);
        var actor = Squash(who);
        return Counted(node.MakeSymbolicLink(actor, name, target, GroupFor(actor, gid)));
    }

    /// <inheritdoc cref="INode.Link"/>
    public ValueTask<Errno> Link(Credentials who, INode node, INode target, FileName name)
    {
        var error = BeginEntry(node, name, Errno.EEXIST);
        if (error == Errno.None && target.Id.IsDirectory)
            error = Errno.EPERM;
        return error != Errno.None ? Refuse(error) : Counted(node.Link(Squash(who), target, name));
    }

    /// <inheritdoc cref="INode.Rename"/>
    public ValueTask<Errno> Rename(Credentials who, INode node, FileName name, INode newDirectory, FileName newName)
    {
        var error = BeginChange(FilesFaults.Rename);
        if (error == Errno.None)
            error = CheckName(name, Errno.EBUSY);
        if (error == Errno.None)
            error = CheckName(newName, Errno.EBUSY);
        if (error == Errno.None && (!node.Id.IsDirectory || !newDirectory.Id.IsDirectory))
            error = Errno.ENOTDIR;
        return error != Errno.None ? Refuse(error) : Counted(node.Rename(Squash(who), name, newDirectory, newName));
    }

    /// <inheritdoc cref="INode.Unlink"/>
    public ValueTask<Errno> Unlink(Credentials who, INode node, FileName name, bool directory)
    {
        var error = BeginChange(FilesFaults.Unlink);
        if (error == Errno.None)
            error = CheckName(name, !directory ? Errno.EISDIR : name.IsDotDot ? Errno.ENOTEMPTY : Errno.EINVAL);
        if (error == Errno.None && !node.Id.IsDirectory)
            error = Errno.ENOTDIR;
        return error != Errno.None ? Refuse(error) : Counted(node.Unlink(Squash(who), name, directory));
    }

    private Errno BeginEntry(INode directory, FileName name, Errno dots)
    {
        var error = BeginChange(FilesFaults.Create);
        if (error == Errno.None)
            error = CheckName(name, dots);
        return error == Errno.None && !directory.Id.IsDirectory ? Errno.ENOTDIR : error;
    }

    /// <summary>C# has no implicit conversion from an interface type; through a type parameter it works.</summary>
    private static Result<T> Wrap<T>(T value) => value;
}
