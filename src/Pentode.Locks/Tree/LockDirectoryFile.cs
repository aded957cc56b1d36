using Pentode.Core;
using Pentode.Files;

namespace Pentode.Locks.Tree;

/// <summary>An open directory of the lock tree.</summary>
internal sealed class LockDirectoryFile(LockDirectoryNode node) : IOpenFile
{
    /// <inheritdoc/>
    public INode Node => node;

    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset) => new((Result<int>)Errno.EISDIR);

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset) => new((Result<int>)Errno.EISDIR);

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => new(Errno.None);

    /// <inheritdoc/>
    public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink) => new(node.List(cookie, sink));

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Errno.EINVAL;

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => Errno.EINVAL;

    /// <inheritdoc/>
    public bool ReleaseLocks() => false;

    /// <inheritdoc/>
    public ValueTask<Errno> Close() => new(Errno.None);
}
