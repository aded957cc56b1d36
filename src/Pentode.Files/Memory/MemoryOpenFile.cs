using Pentode.Core;

namespace Pentode.Files.Memory;

/// <summary>An open file or directory; holds a reference to its node.</summary>
internal sealed class MemoryOpenFile : IOpenFile
{
    private const int Append = 0x400;
    private const int NoAccessTime = 0x40000;

    private readonly MemoryTree _tree;
    private readonly MemoryNode _node;
    private readonly Credentials _who;
    private readonly int _flags;

    internal MemoryOpenFile(MemoryTree tree, MemoryNode node, Credentials who, int flags)
    {
        _tree = tree;
        _node = node;
        _who = who;
        _flags = flags;
        node.AddReference();
    }

    /// <inheritdoc/>
    public INode Node => _node;

    internal bool CanWrite => (_flags & 3) is 1 or 2;

    private bool CanRead => (_flags & 3) is 0 or 2;

    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        lock (_tree.Gate)
        {
            if (_node.IsDirectory)
                return new((Result<int>)Errno.EISDIR);
            if (!CanRead)
                return new((Result<int>)Errno.EBADF);
            if ((_flags & NoAccessTime) == 0)
                _node.TouchAccess();
            return new((Result<int>)_node.Content.Read(buffer.Span, offset));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset)
    {
        lock (_tree.Gate)
        {
            if (!CanWrite)
                return new((Result<int>)Errno.EBADF);
            if (buffer.IsEmpty)
                return new((Result<int>)0);
            if ((_flags & Append) != 0)
                offset = _node.Content.Length;
            if (offset > long.MaxValue - buffer.Length)
                return new((Result<int>)Errno.EFBIG);
            var written = _node.Content.Write(buffer.Span, offset);
            if (written == 0)
                return new((Result<int>)Errno.ENOSPC);
            if (_who.Uid != 0)
                _node.DropPrivilegeBits();
            _node.TouchContent();
            return new((Result<int>)written);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => new(Errno.None);

    /// <inheritdoc/>
    public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink)
    {
        if (!_node.IsDirectory)
            return new(Errno.ENOTDIR);
        lock (_tree.Gate)
            _node.List(cookie, sink);
        return new(Errno.None);
    }

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length)
    {
        lock (_tree.Gate)
            return _node.Locks.TryLock(this, owner, type, start, length);
    }

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length)
    {
        lock (_tree.Gate)
            return _node.Locks.Test(this, owner, type, start, length);
    }

    /// <inheritdoc/>
    public LockType HeldLock
    {
        get
        {
            lock (_tree.Gate)
                return _node.Locks.HeldThrough(this);
        }
    }

    /// <inheritdoc/>
    public bool ReleaseLocks()
    {
        lock (_tree.Gate)
            return _node.Locks.ReleaseFile(this);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Close()
    {
        lock (_tree.Gate)
            _node.Locks.ReleaseFile(this);
        _node.Release();
        return new(Errno.None);
    }
}
