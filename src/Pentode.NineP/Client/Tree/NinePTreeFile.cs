using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Locks;

namespace Pentode.NineP.Client.Tree;

/// <summary>An open fid.</summary>
internal sealed class NinePTreeFile : IOpenFile
{
    private readonly NinePTree _tree;
    private readonly NinePTreeNode _node;
    private readonly Lock _gate = new();
    private ByteRangeLocks? _locks;

    internal NinePTreeFile(NinePTree tree, NinePTreeNode node, uint fid)
    {
        _tree = tree;
        _node = node;
        Fid = fid;
        node.AddReference();
    }

    /// <inheritdoc/>
    public INode Node => _node;

    internal uint Fid { get; }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        await _tree.Enter();
        if (_node.Id.IsDirectory)
            return Errno.EISDIR;
        var done = 0;
        while (done < buffer.Length)
        {
            var read = await _tree.Client.Read(Fid, buffer[done..], offset + done);
            if (!read.IsOk)
                return done > 0 ? done : read.Error;
            if (read.Value == 0)
                break;
            done += read.Value;
        }

        return done;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset)
    {
        await _tree.Enter();
        if (_node.Id.IsDirectory)
            return Errno.EISDIR;
        var done = 0;
        while (done < buffer.Length)
        {
            var written = await _tree.Client.Write(Fid, buffer[done..], offset + done);
            if (!written.IsOk)
                return done > 0 ? done : written.Error;
            if (written.Value == 0)
                break;
            done += written.Value;
        }

        return done;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Sync(bool dataOnly)
    {
        await _tree.Enter();
        return await _tree.Client.Fsync(Fid, dataOnly);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink)
    {
        if (!_node.Id.IsDirectory)
            return Errno.ENOTDIR;
        await _tree.Enter();
        var entries = new List<NinePEntry>();
        while (true)
        {
            entries.Clear();
            var count = await _tree.Client.ReadEntries(Fid, (ulong)cookie, entries);
            if (!count.IsOk)
                return count.Error;
            if (count.Value == 0)
                return Errno.None;
            foreach (var entry in entries)
            {
                cookie = (long)entry.Cookie;
                if (!sink.TryAdd(NinePTreeNode.ToId(entry.Qid), cookie, entry.Kind, entry.Name))
                    return Errno.None;
            }
        }
    }

    /// <summary>As far as this tree knows: <see cref="NinePTreeLocks"/> asks the server.</summary>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Locks().TryLock(this, owner, type, start, length);

    /// <summary>As far as this tree knows: <see cref="NinePTreeLocks"/> asks the server.</summary>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) =>
        start < 0 || length < 0 ? Errno.EINVAL : Locks().Test(this, owner, type, start, length);

    /// <inheritdoc/>
    public LockType HeldLock
    {
        get
        {
            lock (_gate)
                return _locks?.HeldThrough(this) ?? LockType.Unlock;
        }
    }

    /// <inheritdoc/>
    public bool ReleaseLocks()
    {
        lock (_gate)
            return _locks?.ReleaseFile(this) == true;
    }

    /// <summary>The locks of the file, of all open files that this tree has of it.</summary>
    internal ByteRangeLocks Locks()
    {
        lock (_gate)
            return _locks ??= _tree.Locks.Enter(_node.Id.Path);
    }

    /// <inheritdoc/>
    public async ValueTask<Errno> Close()
    {
        lock (_gate)
        {
            if (_locks is not null)
            {
                _locks.ReleaseFile(this);
                _tree.Locks.Leave(_node.Id.Path);
                _locks = null;
            }
        }

        await _tree.Enter();
        var error = await _tree.Client.Clunk(Fid);
        _node.Release();
        return error;
    }
}
