using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

internal sealed partial class HostNode
{
    private const int AccessMask = 3;

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
    {
        var file = OpenHere(who, flags);
        return new(file.IsOk ? file.Value : file.Error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags)
    {
        var file = OpenHere(who, flags);
        if (file.Error == Errno.EACCES && TreeCalls.Stat(_fd, out var data) == 0 && MayAllTheSame(who, flags, data))
        {
            // The daemon opens it; what is written is still written as the user where that makes a difference.
            file = OpenHere(Credentials.Root, flags);
            if (file.IsOk && Tree.Options.ActAsUser && (flags & AccessMask) != 0 && (data.Mode & 0xC00) != 0)
                file.Value.WriteAs(who);
        }

        return new(file.IsOk ? file.Value : file.Error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid)
    {
        if (!_id.IsDirectory)
            return new(Errno.ENOTDIR);
        // Nothing there that an open could wait for.
        var host = HostFlags(flags) & ~TreeCalls.NonBlock;
        // Another client may create or remove between the two attempts: try a few times.
        for (var attempt = 0; attempt < 8; attempt++)
        {
            int fd;
            StatxData data = default;
            using (var region = ActingAs.Begin(Tree, who))
            {
                fd = region.Error != Errno.None
                    ? -(int)region.Error
                    : TreeCalls.OpenAt(_fd, name.Bytes.Span, host | TreeCalls.Create | TreeCalls.Exclusive | TreeCalls.NoFollowFlag, mode & 0xFFF,
                        TreeCalls.ResolveBeneath | TreeCalls.ResolveNoMagicLinks | TreeCalls.ResolveNoSymbolicLinks);
                if (fd >= 0 && GiveGroup(fd, gid, mode, out data) is < 0 and var failed)
                {
                    _ = TreeCalls.Close(fd);
                    fd = failed;
                }
            }

            if (fd >= 0)
                return new(AdoptCreated(fd, data, name, flags));
            if (fd != -(int)Errno.EEXIST || (flags & TreeCalls.Exclusive) != 0)
                return new((Errno)(-fd));
            var existing = OpenChild(who, name.Bytes);
            if (existing.IsOk)
                return new(OpenExisting(who, existing.Value, flags));
            if (existing.Error != Errno.ENOENT)
                return new(existing.Error);
        }

        return new(Errno.EAGAIN);
    }

    private bool MayAllTheSame(Credentials who, int flags, in StatxData data)
    {
        if (!_id.IsRegular || !Tree.Options.ActAsUser)
            return false;
        if (data.Uid == who.Uid)
            return true;
        if ((flags & AccessMask) != 0)
            return false;
        using var region = ActingAs.Begin(Tree, who);
        return region.Error == Errno.None && HandleCalls.Access(_fd, 1) == 0;
    }

    internal Result<HostOpenFile> OpenHere(Credentials who, int flags)
    {
        if (_id.IsSymbolicLink)
            return Errno.ELOOP;
        if (!_id.IsDirectory && !_id.IsRegular)
            return Errno.ENXIO;
        if ((flags & AccessMask) == 3)
            return Errno.EINVAL;
        if ((flags & WireDirectory) != 0 && !_id.IsDirectory)
            return Errno.ENOTDIR;
        var host = HostFlags(flags);
        int fd;
        using (var region = ActingAs.Begin(Tree, who))
        {
            if (region.Error != Errno.None)
                return region.Error;
            fd = TreeCalls.Reopen(_fd, host | (flags & TreeCalls.Truncate));
            if (fd == -(int)Errno.EPERM && (flags & TreeCalls.NoAccessTime) != 0)
                fd = TreeCalls.Reopen(_fd, (host & ~TreeCalls.NoAccessTime) | (flags & TreeCalls.Truncate));
        }

        if (fd < 0)
            return (Errno)(-fd);
        return Wrap(fd, flags, who);
    }

    /// <summary>O_DIRECTORY as x86-64 and the wire have it.</summary>
    private const int WireDirectory = 0x10000;

    private static int HostFlags(int flags) =>
        (flags & (AccessMask | TreeCalls.Append | TreeCalls.FullSync | TreeCalls.NoAccessTime)) |
        TreeCalls.NonBlock | TreeCalls.NoTerminal | TreeCalls.CloseOnExec;

    /// <summary>Gives a new object the group asked for when the user may; new objects otherwise keep what the kernel chose. Tells what it is then.</summary>
    private static int GiveGroup(int fd, uint gid, uint mode, out StatxData data)
    {
        var error = TreeCalls.Stat(fd, out data);
        if (error < 0 || gid == uint.MaxValue || data.Gid == gid)
            return error;
        // A change of group clears the set-id bits.
        if (TreeCalls.SetOwner(fd, uint.MaxValue, gid) == 0 && (mode & 0xC00) != 0 && (data.Mode & 0xF000) == 0x8000)
            _ = TreeCalls.SetMode(fd, mode & 0xFFF);
        return TreeCalls.Stat(fd, out data);
    }

    private static Result<CreatedFile> OpenExisting(Credentials who, HostNode node, int flags)
    {
        var file = node.Id.IsDirectory ? Errno.EISDIR : node.OpenHere(who, flags);
        if (file.IsOk)
            return new CreatedFile(node, file.Value);
        node.Release();
        return file.Error;
    }

    private Result<CreatedFile> AdoptCreated(int fd, in StatxData data, FileName name, int flags)
    {
        // Any descriptor of the object serves a node; a second one of this open file costs a tenth of a way through /proc.
        var own = TreeCalls.Duplicate(fd);
        if (own < 0)
        {
            _ = TreeCalls.Close(fd);
            return (Errno)(-own);
        }

        var node = Tree.Adopt(own, data, this, name.Bytes);
        return new CreatedFile(node, new HostOpenFile(node, fd, flags, null));
    }

    private HostOpenFile Wrap(int fd, int flags, Credentials? who)
    {
        // Non-blocking only mattered for the open itself (leases); a ring would take it as "do not wait for the disk".
        _ = TreeCalls.SetStatusFlags(fd, flags & (TreeCalls.Append | TreeCalls.FullSync));
        Credentials? writer = null;
        // The kernel takes set-id bits off when a user writes; the daemon's writes would leave them.
        if (who is not null && (flags & AccessMask) != 0 && TreeCalls.Stat(fd, out var data) == 0 && (data.Mode & 0xC00) != 0)
            writer = who;
        return new HostOpenFile(this, fd, flags, writer);
    }
}
