using System.Text;
using Pentode.Core;

namespace Pentode.Files.Memory;

/// <content>Attributes and extended attributes.</content>
internal sealed partial class MemoryNode
{
    /// <inheritdoc/>
    public ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        lock (_tree.Gate)
        {
            Result<FileAttributes> attributes = new FileAttributes
            {
                Id = Id,
                Mode = _mode,
                Uid = _uid,
                Gid = _gid,
                LinkCount = LinkCount,
                DeviceMajor = _major,
                DeviceMinor = _minor,
                Size = _content is not null ? (ulong)_content.Length : IsDirectory ? MemoryTree.PageSize : (ulong)_target.Length,
                Blocks = _content is not null ? (ulong)_content.Pages * (MemoryTree.PageSize / 512) : 0,
                AccessTime = _accessed,
                ModifyTime = _modified,
                ChangeTime = _changed,
                BirthTime = _birth,
                HasBirthTime = true,
            };
            return new(attributes);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        lock (_tree.Gate)
        {
            var error = CheckChange(who, change, through as MemoryOpenFile);
            if (error == Errno.None)
                Apply(who, change);
            return new(error);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ReadLink(Credentials who) => new((Result<byte[]>)(byte[])_target.Clone());

    /// <inheritdoc/>
    public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who)
    {
        lock (_tree.Gate)
            return new((Result<FileSystemStatistics>)_tree.Statistics());
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name)
    {
        lock (_tree.Gate)
            return new(FindAttribute(who, Key(name)));
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who)
    {
        lock (_tree.Gate)
        {
            var names = string.Concat((_attributes?.Keys ?? Enumerable.Empty<string>()).Select(k => k + "\0"));
            return new((Result<byte[]>)Encoding.Latin1.GetBytes(names));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags)
    {
        lock (_tree.Gate)
        {
            var key = Key(name);
            var error = CheckAttributeChange(who, key);
            var exists = _attributes?.ContainsKey(key) == true;
            if (error == Errno.None && flags == 1 && exists)
                error = Errno.EEXIST;
            if (error == Errno.None && flags == 2 && !exists)
                error = Errno.ENODATA;
            if (error != Errno.None)
                return new(error);
            _attributes ??= new Dictionary<string, byte[]>(StringComparer.Ordinal);
            _attributes[key] = value.ToArray();
            TouchChange();
            return new(Errno.None);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name)
    {
        lock (_tree.Gate)
        {
            var key = Key(name);
            var error = CheckAttributeChange(who, key);
            if (error == Errno.None && _attributes?.Remove(key) != true)
                error = Errno.ENODATA;
            if (error == Errno.None)
                TouchChange();
            return new(error);
        }
    }

    private Result<byte[]> FindAttribute(Credentials who, string key)
    {
        if (key.StartsWith("system.", StringComparison.Ordinal))
            return Errno.EOPNOTSUPP;
        if (key.StartsWith("user.", StringComparison.Ordinal))
        {
            if (_content is null && !IsDirectory)
                return Errno.ENODATA;
            if (!Allows(who, ReadAccess))
                return Errno.EACCES;
        }

        return _attributes is not null && _attributes.TryGetValue(key, out var value) ? (byte[])value.Clone() : Errno.ENODATA;
    }

    private Errno CheckAttributeChange(Credentials who, string key)
    {
        if (key.StartsWith("system.", StringComparison.Ordinal))
            return Errno.EOPNOTSUPP;
        if (!key.StartsWith("user.", StringComparison.Ordinal))
            return who.Uid == 0 ? Errno.None : Errno.EPERM;
        if (_content is null && !IsDirectory)
            return Errno.EPERM;
        if (IsDirectory && (_mode & Sticky) != 0 && !IsOwner(who))
            return Errno.EPERM;
        return Allows(who, WriteAccess) ? Errno.None : Errno.EACCES;
    }

    private Errno CheckChange(Credentials who, AttributeChange change, MemoryOpenFile? through)
    {
        var isOwner = IsOwner(who);
        if (change.Mode is not null && !isOwner)
            return Errno.EPERM;
        if (change.Mode is not null && Id.IsSymbolicLink)
            return Errno.EOPNOTSUPP;
        if (change.Uid is { } uid && who.Uid != 0 && (who.Uid != _uid || uid != _uid))
            return Errno.EPERM;
        if (change.Gid is { } gid && who.Uid != 0 && (who.Uid != _uid || (gid != _gid && !who.IsInGroup(gid))))
            return Errno.EPERM;
        if (change.Size is not null && through is not { CanWrite: true } && !Allows(who, WriteAccess))
            return Errno.EACCES;
        if ((change.SetAccessTime && change.AccessTime is not null) || (change.SetModifyTime && change.ModifyTime is not null))
            return isOwner ? Errno.None : Errno.EPERM;
        if (change.SetAccessTime || change.SetModifyTime)
            return isOwner || Allows(who, WriteAccess) ? Errno.None : Errno.EACCES;
        return Errno.None;
    }

    private void Apply(Credentials who, AttributeChange change)
    {
        if (change.Uid is not null || change.Gid is not null)
        {
            _uid = change.Uid ?? _uid;
            _gid = change.Gid ?? _gid;
            if (!IsDirectory)
                DropPrivilegeBits();
        }

        if (change.Mode is { } mode)
        {
            _mode = (_mode & TypeMask) | mode;
            if (who.Uid != 0 && !who.IsInGroup(_gid))
                _mode &= ~SetGroup;
        }

        if (change.Size is { } size)
        {
            Truncate(who, (long)size);
        }

        if (change.SetAccessTime)
            _accessed = change.AccessTime ?? _tree.Now();
        if (change.SetModifyTime)
            _modified = change.ModifyTime ?? _tree.Now();
        TouchChange();
    }

    private void Truncate(Credentials who, long size)
    {
        Content.SetLength(size);
        if (who.Uid != 0)
            DropPrivilegeBits();
        TouchContent();
    }
}
