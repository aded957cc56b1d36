using Pentode.Core;
using Pentode.Files.Locks;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>
/// Shows the locks of one inode to the host: each owner gets an open file description of its own and its ranges as locks of that. Where the
/// host cannot lock, the table alone decides. Guarded by the table.
/// </summary>
internal sealed class HostLocks : ILockMirror
{
    private const int OpenFlags = TreeCalls.NonBlock | TreeCalls.NoTerminal | TreeCalls.CloseOnExec;

    private readonly Dictionary<LockOwner, Description> _descriptions = [];

    /// <inheritdoc/>
    public Errno Lock(object file, LockOwner owner, LockType type, long start, long end)
    {
        var isNew = !_descriptions.TryGetValue(owner, out var description);
        if (isNew)
        {
            description = Open((HostOpenFile)file);
            if (description.Fd is -(int)Errno.EMFILE or -(int)Errno.ENFILE)
                return Errno.ENOLCK;
            _descriptions.Add(owner, description);
        }

        if (description.Fd < 0)
            return Errno.None;

        // A write lock needs a description open for writing; a read lock still keeps the host's writers out.
        var kind = type == LockType.Write && description.IsWritable ? (short)1 : (short)0;
        var result = DescriptionLocks.Set(description.Fd, kind, start, ByteRangeLocks.LengthOf(start, end));
        if (result is not (-(int)Errno.EAGAIN or -(int)Errno.EACCES))
            return result == -(int)Errno.ENOLCK ? Errno.ENOLCK : Errno.None;
        if (isNew)
            Forget(owner);
        return Errno.EAGAIN;
    }

    /// <inheritdoc/>
    public void Unlock(LockOwner owner, long start, long end)
    {
        if (_descriptions.TryGetValue(owner, out var description) && description.Fd >= 0)
            _ = DescriptionLocks.Set(description.Fd, 2, start, ByteRangeLocks.LengthOf(start, end));
    }

    /// <inheritdoc/>
    public void Forget(LockOwner owner)
    {
        if (_descriptions.Remove(owner, out var description) && description.Fd >= 0)
            _ = TreeCalls.Close(description.Fd);
    }

    /// <inheritdoc/>
    public LockRange? Find(object file, LockOwner owner, LockType type, long start, long end)
    {
        var isOurs = _descriptions.TryGetValue(owner, out var description);
        if (!isOurs)
            description = Open((HostOpenFile)file);
        if (description.Fd < 0)
            return null;
        var kind = (short)type;
        var (first, length) = (start, ByteRangeLocks.LengthOf(start, end));
        var result = DescriptionLocks.Test(description.Fd, ref kind, ref first, ref length, out var process);
        if (!isOurs)
            _ = TreeCalls.Close(description.Fd);
        return result < 0 || kind is not (0 or 1) ? null : new LockRange((LockType)kind, first, length, (uint)Math.Max(process, 0), Environment.MachineName);
    }

    private static Description Open(HostOpenFile file)
    {
        using var region = ActingAs.Daemon();
        var fd = TreeCalls.Reopen(file.Descriptor, 2 | OpenFlags);
        return fd >= 0 ? new Description(fd, true) : new Description(TreeCalls.Reopen(file.Descriptor, OpenFlags), false);
    }

    private readonly record struct Description(int Fd, bool IsWritable);
}
