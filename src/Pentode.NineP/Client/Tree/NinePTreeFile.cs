using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;

namespace Pentode.NineP.Client.Tree;

/// <summary>An open fid.</summary>
internal sealed class NinePTreeFile : IOpenFile
{
    private readonly NinePTree _tree;
    private readonly NinePTreeNode _node;

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

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    public bool ReleaseLocks() => false;

    /// <inheritdoc/>
    public async ValueTask<Errno> Close()
    {
        await _tree.Enter();
        var error = await _tree.Client.Clunk(Fid);
        _node.Release();
        return error;
    }
}
