using Pentode.Core;
using Pentode.Files;

namespace Pentode.Names.Tree;

/// <summary>Base of open files that are no objects: no directory, no locks, nothing to flush. Holds a reference to its node.</summary>
internal abstract class StreamFile : IOpenFile
{
    private readonly NamesNode _node;

    protected StreamFile(NamesNode node)
    {
        _node = node;
        node.AddReference();
    }

    /// <inheritdoc/>
    public INode Node => _node;

    /// <inheritdoc/>
    public abstract ValueTask<Result<int>> Read(Memory<byte> buffer, long offset);

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset) => Write(buffer, offset, call: null);

    /// <inheritdoc/>
    public virtual ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call) => new(Errno.EBADF);

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => new(Errno.None);

    /// <inheritdoc/>
    public virtual ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink) => new(Errno.ENOTDIR);

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Errno.ENOLCK;

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => Errno.ENOLCK;

    /// <inheritdoc/>
    public bool ReleaseLocks() => false;

    /// <inheritdoc/>
    public ValueTask<Errno> Close()
    {
        _node.Release();
        return new(Errno.None);
    }

    /// <summary>On whose behalf a write is made: the opener's, in the call it comes with.</summary>
    protected static Credentials By(Credentials opener, CallIdentity? call) => call is null ? opener.WithoutCall() : opener.In(call);

    /// <summary>Copies what lies at an offset; 0 at the end.</summary>
    protected static int Copy(ReadOnlySpan<byte> content, Memory<byte> buffer, long offset)
    {
        var from = (int)Math.Min(offset, content.Length);
        var count = Math.Min(buffer.Length, content.Length - from);
        content.Slice(from, count).CopyTo(buffer.Span);
        return count;
    }
}
