using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;

namespace Pentode.Locks.Tree;

/// <summary>One use of a lock: its value is the content of the file, and its readiness tells whether another node waits.</summary>
internal sealed class LockOpenFile : IOpenFile, ILockObserver
{
    private const int AccessMode = 3;
    private const int WriteOnly = 1;
    private const int Append = 0x400;

    private readonly LockFileNode _node;
    private readonly LockHandle _handle;
    private readonly int _flags;
    private readonly Lock _gate = new();
    private IReadinessSink? _sink;
    private bool _hasRanges;
    private int _isLost;
    private bool _isThrough;
    private bool _hasWritten;

    internal LockOpenFile(LockFileNode node, LockHandle handle, int flags)
    {
        _node = node;
        _handle = handle;
        _flags = flags;
        handle.Observer = this;
        // Lost before there was anybody to be told.
        if (handle.IsLost)
            OnLost(handle);
    }

    /// <inheritdoc/>
    public INode Node => _node;

    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if ((_flags & AccessMode) == WriteOnly)
            return new((Result<int>)Errno.EBADF);
        return new(_handle.ReadValue(buffer.Span, (int)Math.Min(offset, LockTree.ValueBytes)));
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset)
    {
        if ((_flags & AccessMode) == 0)
            return new((Result<int>)Errno.EBADF);
        // dlmfs drops O_APPEND; a kernel in between still says "at the end".
        if ((_flags & Append) != 0)
            offset = 0;
        if (offset >= LockTree.ValueBytes)
            return new((Result<int>)(_handle.IsLost ? Errno.ESTALE : Errno.ENOSPC));
        var count = Math.Min(buffer.Length, LockTree.ValueBytes - (int)offset);
        var written = _handle.WriteValue(buffer.Span[..count], _node.IsCompatible ? 0 : (int)offset);
        _hasWritten |= written.IsOk;
        return written.IsOk && _isThrough ? WriteThrough(written) : new(written);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => _node.IsCompatible ? new(Errno.EINVAL) : _handle.FlushAsync();

    /// <inheritdoc/>
    public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink) => new(Errno.ENOTDIR);

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length)
    {
        _hasRanges = true;
        return _node.Ranges.TryLock(this, owner, type, start, length);
    }

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => _node.Ranges.Test(this, owner, type, start, length);

    /// <inheritdoc/>
    public bool ReleaseLocks() => _hasRanges && _node.Ranges.ReleaseFile(this);

    /// <summary>
    /// Yes to those who do not write, which most users of locks do not: a write in spite of that is committed before it is answered, and the next uses
    /// of the lock are asked at close again, so that several writes of one use are one commit.
    /// </summary>
    public bool TrySkipFlush() => _isThrough = _handle.Mode != LockMode.Exclusive || _node.IsSeldomWritten;

    /// <summary>One close(2): what was written is committed. A lost lock is an error only when that cost something.</summary>
    public ValueTask<Errno> Flush()
    {
        if (_handle.Mode != LockMode.Exclusive)
            return new(Errno.None);
        if (_handle.IsLost)
            return new(_handle.HasLostValue ? Errno.ESTALE : Errno.None);
        return _handle.FlushAsync();
    }

    /// <inheritdoc/>
    public FileReadiness Poll(IReadinessSink? sink)
    {
        // The sink first: what changes in between is told, and what has changed is seen below.
        if (sink is not null)
        {
            lock (_gate)
                _sink = sink;
        }

        if (_handle.IsLost)
            return FileReadiness.Readable | FileReadiness.Error | FileReadiness.HangUp;
        var ready = _handle.Blocking != LockMode.Null ? FileReadiness.Readable : FileReadiness.None;
        return _handle.Phase == SessionPhase.Suspect ? ready | FileReadiness.Priority : ready;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Close()
    {
        lock (_gate)
            _sink = null;
        ReleaseLocks();
        var error = _handle.Release();
        _node.Closed(_handle.Mode == LockMode.Exclusive, _hasWritten, Volatile.Read(ref _isLost) != 0);
        return new(error);
    }

    /// <inheritdoc/>
    public void OnBlocking(LockHandle handle, LockMode wanted) => Tell();

    /// <inheritdoc/>
    public void OnLost(LockHandle handle)
    {
        if (Interlocked.Exchange(ref _isLost, 1) == 0)
            _node.Lost();
        Tell();
    }

    private async ValueTask<Result<int>> WriteThrough(Result<int> written)
    {
        var error = await _handle.FlushAsync().ConfigureAwait(false);
        return error == Errno.None ? written : error;
    }

    private void Tell()
    {
        IReadinessSink? sink;
        lock (_gate)
        {
            sink = _sink;
            _sink = null;
        }

        sink?.Changed();
    }
}
