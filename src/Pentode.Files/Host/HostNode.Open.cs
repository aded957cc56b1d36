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
    public ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid)
    {
        if (!_id.IsDirectory)
            return new(Errno.ENOTDIR);
        var host = HostFlags(flags);
        // Another client may create or remove between the two attempts: try a few times.
        for (var attempt = 0; attempt < 8; attempt++)
        {
            if ((flags & TreeCalls.Exclusive) == 0)
            {
                var existing = OpenChild(who, name.Bytes);
                if (existing.IsOk)
                    return new(OpenExisting(who, existing.Value, flags));
                if (existing.Error != Errno.ENOENT)
                    return new(existing.Error);
            }

            int fd;
            using (var region = ActingAs.Begin(Tree, who))
            {
                fd = region.Error != Errno.None
                    ? -(int)region.Error
                    : TreeCalls.OpenAt(_fd, name.Bytes.Span, host | TreeCalls.Create | TreeCalls.Exclusive | TreeCalls.NoFollowFlag, mode & 0xFFF,
                        TreeCalls.ResolveBeneath | TreeCalls.ResolveNoMagicLinks | TreeCalls.ResolveNoSymbolicLinks);
                if (fd >= 0)
                    GiveGroup(fd, gid, mode);
            }

            if (fd == -(int)Errno.EEXIST && (flags & TreeCalls.Exclusive) == 0)
                continue;
            return new(fd < 0 ? (Errno)(-fd) : AdoptCreated(fd, name, flags));
        }

        return new(Errno.EAGAIN);
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

    /// <summary>Gives a new object the group asked for when the user may; new objects otherwise keep what the kernel chose.</summary>
    private static void GiveGroup(int fd, uint gid, uint mode)
    {
        if (gid == uint.MaxValue || TreeCalls.Stat(fd, out var data) < 0 || data.Gid == gid)
            return;
        // A change of group clears the set-id bits.
        if (TreeCalls.SetOwner(fd, uint.MaxValue, gid) == 0 && (mode & 0xC00) != 0 && (data.Mode & 0xF000) == 0x8000)
            _ = TreeCalls.SetMode(fd, mode & 0xFFF);
    }

    private static Result<CreatedFile> OpenExisting(Credentials who, HostNode node, int flags)
    {
        var file = node.Id.IsDirectory ? Errno.EISDIR : node.OpenHere(who, flags);
        if (file.IsOk)
            return new CreatedFile(node, file.Value);
        node.Release();
        return file.Error;
    }

    private Result<CreatedFile> AdoptCreated(int fd, FileName name, int flags)
    {
        var path = TreeCalls.Reopen(fd, TreeCalls.PathOnly | TreeCalls.CloseOnExec);
        var node = path < 0 ? (Errno)(-path) : Tree.Adopt(path, this, name.Bytes);
        if (!node.IsOk)
        {
            _ = TreeCalls.Close(fd);
            return node.Error;
        }

        return new CreatedFile(node.Value, node.Value.Wrap(fd, flags, null));
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
