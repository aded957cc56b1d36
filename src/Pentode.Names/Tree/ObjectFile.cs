using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Locks;
using Pentode.Names.Catalog;

namespace Pentode.Names.Tree;

/// <summary>An open object: a regular file, whose data is behind the I/O gate at every call, or a directory.</summary>
internal sealed class ObjectFile : IOpenFile
{
    private const int Append = 0x400;
    private const int PageEntries = 256;

    private readonly NamesTree _tree;
    private readonly ObjectNode _node;
    private readonly Credentials _who;
    private readonly int _flags;
    private readonly Lock _gate = new();
    private ByteRangeLocks? _locks;

    /// <summary>Opens without a check; takes a reference to the node.</summary>
    public ObjectFile(NamesTree tree, ObjectNode node, Credentials who, int flags)
    {
        _tree = tree;
        _node = node;
        _who = who.WithoutCall();
        _flags = flags;
        node.AddReference();
    }

    /// <inheritdoc/>
    public INode Node => _node;

    /// <summary>Opened for writing.</summary>
    public bool CanWrite => (_flags & 3) is 1 or 2;

    private bool CanRead => (_flags & 3) is 0 or 2;

    /// <inheritdoc/>
    public async ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if (_node.Id.IsDirectory)
            return Errno.EISDIR;
        if (!CanRead)
            return Errno.EBADF;
        var error = await _node.CheckIo().ConfigureAwait(false);
        return error != Errno.None ? error : await _tree.Store.Read(_node.Number, 0, offset, buffer).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset) => Write(buffer, offset, call: null);

    /// <inheritdoc/>
    public async ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call)
    {
        if (!CanWrite)
            return Errno.EBADF;
        var error = await _node.CheckIo().ConfigureAwait(false);
        if (error != Errno.None)
            return error;
        if (buffer.IsEmpty)
            return 0;
        var written = await _tree.Store.Write(new CatalogRequest(call is null ? _who : _who.In(call)), _node.Number, 0, (_flags & Append) != 0 ? -1 : offset, buffer).ConfigureAwait(false);
        if (written.IsOk)
            _node.Changed(Errno.None);
        return written;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => new(Errno.None);

    /// <inheritdoc/>
    public async ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink)
    {
        if (!_node.Id.IsDirectory)
            return Errno.ENOTDIR;
        if (cookie < 1)
        {
            var row = await _node.Refresh().ConfigureAwait(false);
            if (!row.IsOk)
                return row.Error;
            if (!Add(sink, row.Value, 1, "."u8))
                return Errno.None;
        }

        if (cookie < 2)
        {
            var parent = await _tree.ParentOf(_node.Number).ConfigureAwait(false);
            if (!parent.IsOk)
                return parent.Error;
            if (!Add(sink, parent.Value, 2, ".."u8))
                return Errno.None;
        }

        while (true)
        {
            var page = await _tree.Store.List(_node.Number, cookie, PageEntries).ConfigureAwait(false);
            if (!page.IsOk)
                return page.Error == Errno.ESTALE ? Errno.ENOENT : page.Error;
            foreach (var entry in page.Value.Entries)
            {
                if (!Add(sink, entry.Inode, entry.Cookie, entry.Name))
                    return Errno.None;
                cookie = entry.Cookie;
            }

            if (page.Value.IsLast)
                return Errno.None;
        }
    }

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Locks().TryLock(this, owner, type, start, length);

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => Locks().Test(this, owner, type, start, length);

    /// <inheritdoc/>
    public bool ReleaseLocks()
    {
        lock (_gate)
            return _locks?.ReleaseFile(this) == true;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Close()
    {
        lock (_gate)
        {
            if (_locks is not null)
            {
                _locks.ReleaseFile(this);
                _tree.Shared.Locks.Leave(_node.Number);
                _locks = null;
            }
        }

        _node.Release();
        return new(Errno.None);
    }

    private bool Add(IDirectorySink sink, CatalogInode row, long cookie, ReadOnlySpan<byte> name)
    {
        var type = (byte)((row.Mode >> 12) & 0xF);
        return sink.WantsAttributes
            ? sink.TryAdd(_tree.AttributesOf(row), new NodeHandle(HandleKind.Object, (ulong)row.Number, 0), cookie, type, name)
            : sink.TryAdd(_tree.IdOf(row), cookie, type, name);
    }

    private ByteRangeLocks Locks()
    {
        lock (_gate)
            return _locks ??= _tree.Shared.Locks.Enter(_node.Number);
    }
}
