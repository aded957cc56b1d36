using Pentode.Core;
using Pentode.Files;

namespace Pentode.Locks.Tree;

/// <summary>The text of a view as it was when the file was opened.</summary>
internal sealed class LockViewFile(LockViewNode node, byte[] text) : IOpenFile
{
    /// <inheritdoc/>
    public INode Node => node;

    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if (offset >= text.Length)
            return new((Result<int>)0);
        var count = Math.Min(buffer.Length, text.Length - (int)offset);
        text.AsSpan((int)offset, count).CopyTo(buffer.Span);
        return new((Result<int>)count);
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset) => new((Result<int>)Errno.EBADF);

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => new(Errno.None);

    /// <inheritdoc/>
    public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink) => new(Errno.ENOTDIR);

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    public bool ReleaseLocks() => false;

    /// <inheritdoc/>
    public ValueTask<Errno> Close() => new(Errno.None);
}
