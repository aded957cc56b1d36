using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

internal sealed partial class HostNode
{
    /// <inheritdoc/>
    public ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        // Anybody may do this, as chown(2) to nobody shows; as the daemon, because a user setting a mode loses the bit of a group he is not in.
        if (change.TouchChangeTime && change is { Size: null, Uid: null, Gid: null, Mode: null, SetAccessTime: false, SetModifyTime: false })
            return new(Touch());
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : Change(change, through as HostOpenFile));
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid) =>
        new(Make(who, name, gid, mode, 0x4000, (directory, n) => TreeCalls.MakeDirectory(directory, n.Span, mode & 0xFFF)));

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid)
    {
        var type = mode & 0xF000;
        if (type == 0)
            type = 0x8000;
        if (type is not (0x1000 or 0x2000 or 0x6000 or 0x8000 or 0xC000))
            return new(Errno.EINVAL);
        return new(Make(who, name, gid, mode, type, (directory, n) => TreeCalls.MakeNode(directory, n.Span, type | (mode & 0xFFF), major, minor)));
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid)
    {
        if (target.IsEmpty || target.Span.Contains((byte)0))
            return new(target.IsEmpty ? Errno.ENOENT : Errno.EINVAL);
        return new(Make(who, name, gid, 0, 0xA000, (directory, n) => TreeCalls.MakeSymbolicLink(directory, n.Span, target.Span)));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Link(Credentials who, INode target, FileName name)
    {
        if (target is not HostNode host || host.Tree != Tree)
            return new(Errno.EXDEV);
        if (host.Id.IsDirectory)
            return new(Errno.EPERM);
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : ToErrno(TreeCalls.Link(host._fd, _fd, name.Bytes.Span)));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName) =>
        new(Move(who, name.Bytes.Span, newDirectory, newName.Bytes.Span, null));

    /// <inheritdoc/>
    public ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory)
    {
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : ToErrno(TreeCalls.Unlink(_fd, name.Bytes.Span, directory)));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveSelf(Credentials who)
    {
        var (parent, name) = Tree.PlaceOf(this);
        if (parent is null)
            return new(Errno.EBUSY);
        Errno error;
        using (var region = ActingAs.Begin(Tree, who))
        {
            error = region.Error != Errno.None ? region.Error : parent.Holds(name, Key);
            if (error == Errno.None)
                error = ToErrno(TreeCalls.Unlink(parent._fd, name, _id.IsDirectory));
        }

        parent.Release();
        return new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName)
    {
        var (parent, name) = Tree.PlaceOf(this);
        if (parent is null)
            return new(Errno.EBUSY);
        var error = parent.Move(who, name, newDirectory, newName.Bytes.Span, Key);
        parent.Release();
        return new(error);
    }

    /// <summary>ESTALE unless the name leads to that very inode.</summary>
    private Errno Holds(ReadOnlySpan<byte> name, HostKey key)
    {
        var error = TreeCalls.Stat(_fd, name, out var data);
        return error == -(int)Errno.ENOENT || (error == 0 && HostTree.KeyOf(data) != key) ? Errno.ESTALE : ToErrno(error);
    }

    private Errno Move(Credentials who, ReadOnlySpan<byte> name, INode newDirectory, ReadOnlySpan<byte> newName, HostKey? expected)
    {
        if (newDirectory is not HostNode target || target.Tree != Tree)
            return Errno.EXDEV;
        int seen;
        int error;
        StatxData data;
        using (var region = ActingAs.Begin(Tree, who))
        {
            if (region.Error != Errno.None)
                return region.Error;
            seen = TreeCalls.Stat(_fd, name, out data);
            if (expected is { } key && (seen == -(int)Errno.ENOENT || (seen == 0 && HostTree.KeyOf(data) != key)))
                return Errno.ESTALE;
            error = TreeCalls.Rename(_fd, name, target._fd, newName);
        }

        if (error == 0 && seen == 0)
            Tree.Moved(HostTree.KeyOf(data), this, name, target, newName);
        return ToErrno(error);
    }

    private Result<INode> Make(Credentials who, FileName name, uint gid, uint mode, uint type, Func<int, ReadOnlyMemory<byte>, int> make)
    {
        int fd;
        using (var region = ActingAs.Begin(Tree, who))
        {
            if (region.Error != Errno.None)
                return region.Error;
            var error = make(_fd, name.Bytes);
            if (error < 0)
                return (Errno)(-error);
            fd = TreeCalls.OpenAt(_fd, name.Bytes.Span, TreeCalls.PathOnly | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec, 0,
                TreeCalls.ResolveBeneath | TreeCalls.ResolveNoMagicLinks | TreeCalls.ResolveNoSymbolicLinks | TreeCalls.ResolveNoCrossing);
            if (fd >= 0)
                _ = GiveGroup(fd, gid, mode, out _);
        }

        if (fd < 0)
            return (Errno)(-fd);
        var node = Tree.Adopt(fd, this, name.Bytes);
        if (!node.IsOk || node.Value.Id.Mode == type)
            return Widen(node);
        // Somebody replaced it at once.
        node.Value.Release();
        return Errno.ESTALE;
    }

    /// <summary>Runs as the user: size, then owner, then mode (a change of owner clears set-id bits), then times.</summary>
    private Errno Change(AttributeChange change, HostOpenFile? through)
    {
        if (change.Uid == uint.MaxValue || change.Gid == uint.MaxValue)
            return Errno.EINVAL;
        var error = Errno.None;
        if (change.Size is { } size)
            error = SetSize(size, through);
        if (error == Errno.None && (change.Uid is not null || change.Gid is not null))
            error = ToErrno(TreeCalls.SetOwner(_fd, change.Uid ?? uint.MaxValue, change.Gid ?? uint.MaxValue));
        if (error == Errno.None && change.Mode is { } mode)
            error = _id.IsSymbolicLink ? Errno.EOPNOTSUPP : ToErrno(TreeCalls.SetMode(_fd, mode & 0xFFF));
        if (error == Errno.None && (change.SetAccessTime || change.SetModifyTime))
            error = ToErrno(TreeCalls.SetTimes(_fd, Time(change.SetAccessTime, change.AccessTime), Time(change.SetModifyTime, change.ModifyTime)));
        return error;
    }

    private static KernelTimespec Time(bool set, FileTime? value) => !set
        ? new KernelTimespec { Nanoseconds = KernelTimespec.Omit }
        : value is { } time ? new KernelTimespec { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds } : new KernelTimespec { Nanoseconds = KernelTimespec.Now };

    /// <summary>Sets the mode it has: unlike a change of owner to the same, that keeps set-id bits.</summary>
    private Errno Touch()
    {
        if (_id.IsSymbolicLink)
            return ToErrno(TreeCalls.SetOwner(_fd, uint.MaxValue, uint.MaxValue));
        var error = TreeCalls.Stat(_fd, out var data);
        return error < 0 ? ToErrno(error) : ToErrno(TreeCalls.SetMode(_fd, data.Mode & 0xFFFu));
    }

    private Errno SetSize(ulong size, HostOpenFile? through)
    {
        if (_id.IsDirectory)
            return Errno.EISDIR;
        if (!_id.IsRegular || size > long.MaxValue)
            return Errno.EINVAL;
        if (through is not null && through.IsWritable && through.Node == this)
            return ToErrno(TreeCalls.SetLength(through.Descriptor, (long)size));
        var fd = TreeCalls.Reopen(_fd, 1 | TreeCalls.NonBlock | TreeCalls.NoTerminal | TreeCalls.CloseOnExec);
        if (fd < 0)
            return (Errno)(-fd);
        var error = TreeCalls.SetLength(fd, (long)size);
        _ = TreeCalls.Close(fd);
        return ToErrno(error);
    }
}
