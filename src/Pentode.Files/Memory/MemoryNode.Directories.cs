using System.Text;
using Pentode.Core;

namespace Pentode.Files.Memory;

/// <content>Directory entries.</content>
internal sealed partial class MemoryNode
{
    private const int AccessMode = 3;
    private const int Exclusive = 0x80;
    private const int TruncateFlag = 0x200;
    private const int NoAccessTime = 0x40000;

    /// <inheritdoc/>
    public ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        lock (_tree.Gate)
        {
            if (!IsDirectory)
                return Failed(Errno.ENOTDIR);
            if (!Allows(who, ExecuteAccess))
                return Failed(Errno.EACCES);
            if (name.IsDotDot)
                return Handed(Parent);
            Span<char> key = stackalloc char[FileName.MaximumLength];
            key = key[..Encoding.Latin1.GetChars(name.Bytes.Span, key)];
            return _children!.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var entry) ? Handed(entry.Node) : Failed(Errno.ENOENT);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
    {
        lock (_tree.Gate)
        {
            var error = CheckOpen(who, flags);
            return new(error != Errno.None ? error : MemoryTree.Ok<IOpenFile>(OpenUnchecked(who, flags)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags)
    {
        lock (_tree.Gate)
        {
            var error = CheckOpen(who, flags);
            if (error == Errno.EACCES && !IsDirectory && (who.Uid == _uid || ((flags & 3) == 0 && Allows(who, ExecuteAccess))))
                error = Errno.None;
            return new(error != Errno.None ? error : MemoryTree.Ok<IOpenFile>(OpenUnchecked(who, flags)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid)
    {
        lock (_tree.Gate)
            return new(CreateLocked(who, Key(name), flags, mode, gid));
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid)
    {
        lock (_tree.Gate)
        {
            // As Linux does, set-user-id and set-group-id cannot be asked for; the latter is inherited.
            var key = Key(name);
            var error = CheckAdd(who, key);
            return error != Errno.None
                ? Failed(error)
                : Handed(Add(key, NewChild(who, DirectoryType | (mode & 0x3FF) | (_mode & SetGroup), gid, null)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid)
    {
        lock (_tree.Gate)
        {
            var key = Key(name);
            var error = CheckAdd(who, key);
            if (error != Errno.None)
                return Failed(error);
            var node = NewChild(who, mode, gid, null);
            if ((mode & TypeMask) is 0x2000 or 0x6000)
                (node._major, node._minor) = (major, minor);
            return Handed(Add(key, node));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid)
    {
        lock (_tree.Gate)
        {
            var key = Key(name);
            var error = CheckAdd(who, key);
            return error != Errno.None ? Failed(error) : Handed(Add(key, NewChild(who, 0xA1FF, gid, target.ToArray())));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Link(Credentials who, INode target, FileName name)
    {
        lock (_tree.Gate)
        {
            if (target is not MemoryNode node || node._tree != _tree)
                return new(Errno.EXDEV);
            var key = Key(name);
            var error = CheckAdd(who, key);
            if (error == Errno.None && node.IsDirectory)
                error = Errno.EPERM;
            if (error == Errno.None && node._links.Count == 0)
                error = Errno.ENOENT;
            if (error != Errno.None)
                return new(error);
            Add(key, node);
            node.TouchChange();
            return new(Errno.None);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory)
    {
        lock (_tree.Gate)
            return new(UnlinkLocked(who, Key(name), directory));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName)
    {
        lock (_tree.Gate)
        {
            return new(newDirectory is MemoryNode to && to._tree == _tree ? RenameLocked(who, Key(name), to, Key(newName)) : Errno.EXDEV);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveSelf(Credentials who)
    {
        lock (_tree.Gate)
        {
            if (_isRoot)
                return new(Errno.EBUSY);
            return new(_links.Count == 0 ? Errno.ENOENT : _links[0].Directory.UnlinkLocked(who, _links[0].Key, IsDirectory));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName)
    {
        lock (_tree.Gate)
        {
            if (_isRoot)
                return new(Errno.EBUSY);
            if (_links.Count == 0)
                return new(Errno.ENOENT);
            return new(newDirectory is MemoryNode to && to._tree == _tree
                ? _links[0].Directory.RenameLocked(who, _links[0].Key, to, Key(newName))
                : Errno.EXDEV);
        }
    }

    internal void List(long cookie, IDirectorySink sink)
    {
        TouchAccess();
        if (cookie < 1 && !sink.TryAdd(Id, 1, 4, "."u8))
            return;
        if (cookie < 2 && !sink.TryAdd(Parent.Id, 2, 4, ".."u8))
            return;
        Span<byte> name = stackalloc byte[FileName.MaximumLength];
        var list = _listing!;
        int low = 0, high = list.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (list[middle].Number <= cookie)
                low = middle + 1;
            else
                high = middle;
        }

        for (var i = low; i < list.Count; i++)
        {
            var entry = list[i];
            var length = Encoding.Latin1.GetBytes(entry.Key, name);
            var type = (byte)((entry.Node._mode & TypeMask) >> 12);
            if (!sink.TryAdd(entry.Node.Id, entry.Number, type, name[..length]))
                return;
        }
    }

    private Result<CreatedFile> CreateLocked(Credentials who, string key, int flags, uint mode, uint gid)
    {
        if (!Allows(who, ExecuteAccess))
            return Errno.EACCES;
        if (_children!.TryGetValue(key, out var entry))
        {
            var existing = entry.Node;
            if ((flags & Exclusive) != 0)
                return Errno.EEXIST;
            if (existing._content is null)
                return existing.IsDirectory ? Errno.EISDIR : existing.Id.IsSymbolicLink ? Errno.ELOOP : Errno.ENXIO;
            var refused = existing.CheckOpen(who, flags);
            if (refused != Errno.None)
                return refused;
            existing.AddReference();
            return new CreatedFile(existing, existing.OpenUnchecked(who, flags));
        }

        var error = CheckAdd(who, key);
        if (error != Errno.None)
            return error;

        // Whoever creates a file has it open as asked, whatever its mode says.
        var node = Add(key, NewChild(who, 0x8000 | mode, gid, null));
        node.AddReference();
        return new CreatedFile(node, new MemoryOpenFile(_tree, node, who, flags));
    }

    private Errno CheckOpen(Credentials who, int flags)
    {
        if (_content is null && !IsDirectory)
            return Id.IsSymbolicLink ? Errno.ELOOP : Errno.ENXIO;
        var mode = flags & AccessMode;
        var access = mode switch { 0 => ReadAccess, 1 => WriteAccess, _ => ReadAccess | WriteAccess };
        if ((flags & TruncateFlag) != 0)
            access |= WriteAccess;
        if (!Allows(who, access))
            return Errno.EACCES;
        return (flags & NoAccessTime) != 0 && !IsOwner(who) ? Errno.EPERM : Errno.None;
    }

    private MemoryOpenFile OpenUnchecked(Credentials who, int flags)
    {
        if ((flags & TruncateFlag) != 0 && _content is not null)
            Truncate(who, 0);
        return new MemoryOpenFile(_tree, this, who, flags);
    }

    /// <summary>In the order of Linux: what exists is reported before a missing permission to write.</summary>
    private Errno CheckAdd(Credentials who, string key)
    {
        if (!IsDirectory)
            return Errno.ENOTDIR;
        if (!Allows(who, ExecuteAccess))
            return Errno.EACCES;
        if (_children!.ContainsKey(key))
            return Errno.EEXIST;
        if (!_isRoot && _links.Count == 0)
            return Errno.ENOENT;
        return Allows(who, WriteAccess | ExecuteAccess) ? Errno.None : Errno.EACCES;
    }

    private Errno CheckRemove(Credentials who, MemoryNode victim, bool directory)
    {
        if (!Allows(who, WriteAccess | ExecuteAccess))
            return Errno.EACCES;
        if ((_mode & Sticky) != 0 && who.Uid != 0 && who.Uid != _uid && who.Uid != victim._uid)
            return Errno.EPERM;
        if (directory)
            return victim.IsDirectory ? Errno.None : Errno.ENOTDIR;
        return victim.IsDirectory ? Errno.EISDIR : Errno.None;
    }

    private Errno UnlinkLocked(Credentials who, string key, bool directory)
    {
        if (!IsDirectory)
            return Errno.ENOTDIR;
        if (!Allows(who, ExecuteAccess))
            return Errno.EACCES;
        if (!_children!.TryGetValue(key, out var entry))
            return Errno.ENOENT;
        var error = CheckRemove(who, entry.Node, directory);
        if (error == Errno.None && directory && entry.Node._children!.Count > 0)
            error = Errno.ENOTEMPTY;
        if (error == Errno.None)
            Remove(entry);
        return error;
    }

    private Errno RenameLocked(Credentials who, string key, MemoryNode to, string newKey)
    {
        if (!IsDirectory || !to.IsDirectory)
            return Errno.ENOTDIR;
        if (!Allows(who, ExecuteAccess) || !to.Allows(who, ExecuteAccess))
            return Errno.EACCES;
        if (!_children!.TryGetValue(key, out var entry))
            return Errno.ENOENT;
        var node = entry.Node;
        if (node.IsDirectory && to.IsWithin(node))
            return Errno.EINVAL;
        to._children!.TryGetValue(newKey, out var replaced);
        if (replaced is not null && replaced.Node.IsDirectory && replaced.Node != node && IsWithin(replaced.Node))
            return Errno.ENOTEMPTY;
        if (replaced?.Node == node)
            return Errno.None;
        var error = CheckRemove(who, node, node.IsDirectory);
        if (error == Errno.None)
            error = replaced is null ? to.CheckAdd(who, newKey) : to.CheckRemove(who, replaced.Node, node.IsDirectory);
        if (error == Errno.None && node.IsDirectory && to != this && !node.Allows(who, WriteAccess))
            error = Errno.EACCES;
        if (error == Errno.None && replaced is not null && replaced.Node.IsDirectory && replaced.Node._children!.Count > 0)
            error = Errno.ENOTEMPTY;
        if (error != Errno.None)
            return error;
        if (replaced is not null)
            to.Remove(replaced);

        // Held across the move: between the two names it has no link.
        node.AddReference();
        Remove(entry);
        to.Add(newKey, node);
        node.TouchChange();
        Interlocked.Decrement(ref node._references);
        return Errno.None;
    }

    private bool IsWithin(MemoryNode ancestor)
    {
        for (var node = this; ; node = node.Parent)
        {
            if (node == ancestor)
                return true;
            if (node.Parent == node)
                return false;
        }
    }

    private MemoryNode NewChild(Credentials who, uint mode, uint gid, byte[]? target) =>
        new(_tree, mode, who.Uid, (_mode & SetGroup) != 0 ? _gid : gid == uint.MaxValue ? who.Gid : gid, target);

    private MemoryNode Add(string key, MemoryNode node)
    {
        var entry = new MemoryEntry(this, key, _nextEntry++, node);
        _children!.Add(key, entry);
        _listing!.Add(entry);
        node._links.Add(entry);
        if (node.IsDirectory)
            _subdirectories++;
        TouchContent();
        return node;
    }

    private void Remove(MemoryEntry entry)
    {
        _children!.Remove(entry.Key);
        _listing!.Remove(entry);
        entry.Node._links.Remove(entry);
        if (entry.Node.IsDirectory)
            _subdirectories--;
        TouchContent();
        entry.Node.TouchChange();
        entry.Node.FreeIfUnused();
    }

    private static ValueTask<Result<INode>> Failed(Errno error) => new((Result<INode>)error);

    private static ValueTask<Result<INode>> Handed(MemoryNode node)
    {
        node.AddReference();
        return new(MemoryTree.Ok<INode>(node));
    }
}
