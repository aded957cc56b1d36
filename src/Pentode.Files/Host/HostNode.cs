using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>An object of the host held by an O_PATH descriptor. All calls finish before they return.</summary>
internal sealed partial class HostNode : INode
{
    private readonly int _fd;
    private readonly NodeId _id;
    private int _references = 1;
    private uint _version;

    internal HostNode(HostTree tree, int fd, HostKey key, NodeId id, HostNode? parent, byte[] name)
    {
        Tree = tree;
        _fd = fd;
        Key = key;
        _id = id;
        _version = id.Version;
        Parent = parent;
        Name = name;
    }

    /// <inheritdoc/>
    public NodeId Id => _id with { Version = Volatile.Read(ref _version) };

    /// <inheritdoc/>
    public ulong Number => Key.Inode;

    /// <inheritdoc/>
    public Result<NodeHandle> Handle => Tree.HandleOf(this);

    internal HostTree Tree { get; }

    internal HostKey Key { get; }

    internal int Descriptor => _fd;

    /// <summary>Where it was last seen; guarded by the tree.</summary>
    internal HostNode? Parent { get; set; }

    /// <summary>Its name there; guarded by the tree.</summary>
    internal byte[] Name { get; set; }

    /// <summary>Further nodes of the same inode; guarded by the tree.</summary>
    internal HostNode? Next { get; set; }

    /// <summary>Nodes of the same inode before this one; guarded by the tree.</summary>
    internal HostNode? Previous { get; set; }

    /// <inheritdoc/>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <inheritdoc/>
    public void Release()
    {
        // A loop, as a deep chain of parents may go at once.
        for (var node = this; node is not null && Interlocked.Decrement(ref node._references) == 0;)
        {
            var parent = Tree.Forget(node);
            _ = TreeCalls.Close(node._fd);
            node = parent;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        if (name.IsDotDot)
            return new(LookupParent(who));
        if (name.IsDot)
        {
            AddReference();
            return new(this);
        }

        return new(Widen(OpenChild(who, name.Bytes)));
    }

    /// <inheritdoc/>
    public ValueTask<Result<FileAttributes>> Recognize(Credentials who, FileName name, INode child)
    {
        if (child is not HostNode known)
            return new(Errno.EOPNOTSUPP);
        int error;
        StatxData data;
        using (var region = ActingAs.Begin(Tree, who))
        {
            if (region.Error != Errno.None)
                return new(region.Error);
            error = TreeCalls.Stat(_fd, name.Bytes.Span, out data);
        }

        if (error < 0)
            return new((Errno)(-error));
        // The node holds its inode, so nothing else can have got the number.
        return HostTree.KeyOf(data) == known.Key ? new(known.See(data)) : new(Errno.ESTALE);
    }

    /// <inheritdoc/>
    public ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var error = TreeCalls.Stat(_fd, out var data);
        return error < 0 ? new((Errno)(-error)) : new(See(data));
    }

    private FileAttributes See(in StatxData data)
    {
        var attributes = Tree.AttributesOf(data);
        Volatile.Write(ref _version, attributes.Id.Version);
        return attributes;
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ReadLink(Credentials who)
    {
        if (!_id.IsSymbolicLink)
            return new(Errno.EINVAL);
        var buffer = new byte[4096];
        var length = TreeCalls.ReadLink(_fd, buffer);
        return new(length < 0 ? (Errno)(-length) : buffer[..length]);
    }

    /// <inheritdoc/>
    public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who)
    {
        var error = TreeCalls.StatFileSystem(_fd, out var data);
        return new(error < 0
            ? (Errno)(-error)
            : new FileSystemStatistics(
                (uint)data.Type, (uint)data.BlockSize, data.Blocks, data.FreeBlocks, data.AvailableBlocks, data.Files, data.FreeFiles, data.FileSystemId, (uint)data.NameLength));
    }

    /// <summary>Keeps the conversion of a host node in one place.</summary>
    private static Result<INode> Widen(Result<HostNode> node) => node.IsOk ? node.Value : node.Error;

    private static Errno ToErrno(int result) => result < 0 ? (Errno)(-result) : Errno.None;

    private Result<HostNode> OpenChild(Credentials who, ReadOnlyMemory<byte> name)
    {
        var resolve = TreeCalls.ResolveBeneath | TreeCalls.ResolveNoMagicLinks | TreeCalls.ResolveNoSymbolicLinks |
            (Tree.Options.CrossMounts ? 0 : TreeCalls.ResolveNoCrossing);
        int fd;
        using (var region = ActingAs.Begin(Tree, who))
        {
            if (region.Error != Errno.None)
                return region.Error;
            fd = TreeCalls.OpenAt(_fd, name.Span, TreeCalls.PathOnly | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec, 0, resolve);
        }

        return fd < 0 ? (Errno)(-fd) : Tree.Adopt(fd, this, name);
    }

    private Result<INode> LookupParent(Credentials who)
    {
        if (!_id.IsDirectory)
            return Errno.ENOTDIR;
        var (parent, _) = Tree.PlaceOf(this);
        if (parent is null && Tree.IsRoot(this))
        {
            AddReference();
            return this;
        }

        if (parent is null)
            return OpenParent(who);

        int error;
        StatxData data;
        using (var region = ActingAs.Begin(Tree, who))
            error = region.Error != Errno.None ? -(int)region.Error : TreeCalls.Stat(_fd, ".."u8, out data) is var e && e < 0 ? e : HostTree.KeyOf(data) == parent.Key ? 0 : -(int)Errno.ESTALE;
        if (error == 0)
            return parent;
        // Moved by somebody else on the host, maybe out of the export: its real parent is not known to be ours.
        parent.Release();
        return (Errno)(-error);
    }

    /// <summary>The parent of a directory that was opened by its handle, when it is beneath the root.</summary>
    private Result<INode> OpenParent(Credentials who)
    {
        int fd;
        using (var region = ActingAs.Begin(Tree, who))
            fd = region.Error != Errno.None ? -(int)region.Error : TreeCalls.OpenAt(_fd, ".."u8, TreeCalls.PathOnly | TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec, 0, 0);
        if (fd < 0)
            return (Errno)(-fd);
        using (ActingAs.Daemon())
        {
            if (Tree.IsBeneath(fd))
                return Widen(Tree.Adopt(fd, null, default));
        }

        _ = TreeCalls.Close(fd);
        return Errno.ESTALE;
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Access(Credentials who, int wanted)
    {
        using var region = ActingAs.Begin(Tree, who);
        if (region.Error != Errno.None)
            return new(region.Error);
        // Mostly all or nothing is allowed: one call then.
        if (HandleCalls.Access(_fd, wanted) == 0)
            return new(wanted);
        var allowed = 0;
        for (var bit = 1; bit <= 4; bit <<= 1)
        {
            if ((wanted & bit) == 0 || HandleCalls.Access(_fd, bit) is not (var error and <= 0))
                continue;
            if (error == 0)
                allowed |= bit;
            else if (error is not (-(int)Errno.EACCES or -(int)Errno.EROFS or -(int)Errno.ETXTBSY or -(int)Errno.EPERM))
                return new((Errno)(-error));
        }

        return new(allowed);
    }
}
