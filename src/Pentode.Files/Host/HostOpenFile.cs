using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files.Locks;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Uring;

namespace Pentode.Files.Host;

/// <summary>A regular file or directory of the host, open for I/O. Holds its node.</summary>
internal sealed class HostOpenFile : IOpenFile
{
    /// <summary>Buffered writes up to this size are copies into the page cache, cheaper done here than handed over.</summary>
    private const int InlineWrite = 64 << 10;

    [ThreadStatic]
    private static byte[]? t_entries;

    private readonly HostNode _node;
    private readonly int _fd;
    private readonly int _flags;
    private Credentials? _writer;
    private readonly bool _isInMemory;
    private readonly Lock _gate = new();
    private long _position;
    private ByteRangeLocks? _locks;

    internal HostOpenFile(HostNode node, int fd, int flags, Credentials? writer)
    {
        _node = node;
        _fd = fd;
        _flags = flags;
        _writer = writer;
        _isInMemory = node.Id.IsRegular && node.Tree.IsInMemory(node.Key, fd);
        node.AddReference();
    }

    /// <inheritdoc/>
    public INode Node => _node;

    internal int Descriptor => _fd;

    internal bool IsWritable => (_flags & 3) is 1 or 2;

    /// <summary>From now on writes run as that user. Before the first one.</summary>
    internal void WriteAs(Credentials who) => _writer = who;

    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if (_node.Id.IsDirectory)
            return new(Errno.EISDIR);
        var done = 0;
        while (done < buffer.Length)
        {
            // tmpfs knows no "only what is cached".
            var n = _isInMemory ? TreeCalls.Read(_fd, buffer.Span[done..], offset + done) : TreeCalls.ReadCached(_fd, buffer.Span[done..], offset + done);
            if (n == 0)
                break;
            if (n == -(int)Errno.EINTR)
                continue;
            if (n is -(int)Errno.EAGAIN or -(int)Errno.EOPNOTSUPP)
                return ReadRest(buffer, offset, done);
            if (n < 0)
                return new((Errno)(-n));
            done += n;
        }

        return new(done);
    }

    /// <inheritdoc/>
    public int LocateCached(long offset, int length, out CachedRange range)
    {
        range = new CachedRange(_fd, offset);
        if (!SpliceCalls.IsSupported || !_node.Id.IsRegular || TreeCalls.Stat(_fd, out var data) < 0 || (ulong)offset >= data.Size)
            return 0;
        var count = (int)Math.Min((ulong)length, data.Size - (ulong)offset);
        return _isInMemory || SpliceCalls.IsCached(_fd, offset, count) ? count : 0;
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset)
    {
        if (_node.Id.IsDirectory)
            return new(Errno.EISDIR);
        if (_writer is null && !_isInMemory && IoLoop.Current is { } loop && (buffer.Length > InlineWrite || (_flags & TreeCalls.DataSync) != 0))
            return WriteOnLoop(loop, buffer, offset);
        using var region = _writer is null ? default : ActingAs.Begin(_node.Tree, _writer);
        var done = 0;
        while (done < buffer.Length)
        {
            var n = TreeCalls.Write(_fd, buffer.Span[done..], offset + done);
            if (n == -(int)Errno.EINTR)
                continue;
            if (n < 0 && done == 0)
                return new((Errno)(-n));
            if (n <= 0)
                break;
            done += n;
        }

        return new(done);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Sync(bool dataOnly)
    {
        var result = IoLoop.Current is { } loop ? await loop.FsyncAsync(_fd, dataOnly) : TreeCalls.Sync(_fd, dataOnly);
        return result < 0 ? (Errno)(-result) : Errno.None;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink)
    {
        if (!_node.Id.IsDirectory)
            return new(Errno.ENOTDIR);
        var buffer = t_entries ??= new byte[32 << 10];
        lock (_gate)
        {
            if (cookie != _position && TreeCalls.Seek(_fd, cookie) is < 0 and var failed)
                return new((Errno)(-failed));
            while (true)
            {
                var length = TreeCalls.ReadEntries(_fd, buffer);
                if (length <= 0)
                {
                    _position = length == 0 ? -1 : long.MinValue;
                    return new((Errno)(-length));
                }

                for (var at = 0; at < length;)
                {
                    // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
                    var entry = buffer.AsSpan(at);
                    var size = BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
                    var name = entry[19..size];
                    name = name[..name.IndexOf((byte)0)];
                    var next = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
                    var inode = BinaryPrimitives.ReadUInt64LittleEndian(entry);
                    if (!(sink.WantsAttributes && AddWithAttributes(sink, next, name) is { } isTaken ? isTaken : AddBare(sink, next, inode, entry[18], name)))
                    {
                        _position = long.MinValue;
                        return new(Errno.None);
                    }

                    at += size;
                    _position = next;
                }
            }
        }
    }

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length)
    {
        if (!_node.Id.IsRegular)
            return Errno.EINVAL;
        ByteRangeLocks locks;
        lock (_gate)
            locks = _locks ??= _node.Tree.Locks.Enter(_node.Key);
        return locks.TryLock(this, owner, type, start, length);
    }

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length)
    {
        if (!_node.Id.IsRegular || start < 0 || length < 0)
            return Errno.EINVAL;
        var locks = _node.Tree.Locks.Enter(_node.Key);
        var found = locks.Test(this, owner, type, start, length);
        _node.Tree.Locks.Leave(_node.Key);
        return found;
    }

    /// <inheritdoc/>
    public LockType HeldLock => _locks?.HeldThrough(this) ?? LockType.Unlock;

    /// <inheritdoc/>
    public bool ReleaseLocks() => _locks is { } locks && locks.ReleaseFile(this);

    /// <inheritdoc/>
    public ValueTask<Errno> Close()
    {
        if (_locks is not null)
        {
            _locks.ReleaseFile(this);
            _node.Tree.Locks.Leave(_node.Key);
        }

        var result = TreeCalls.Close(_fd);
        _node.Release();
        return new(result < 0 ? (Errno)(-result) : Errno.None);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<int>> ReadRest(Memory<byte> buffer, long offset, int done)
    {
        var rest = buffer[done..];
        var n = IoLoop.Current is { } loop ? await loop.ReadAsync(_fd, rest, offset + done) : TreeCalls.Read(_fd, rest.Span, offset + done);
        if (n >= 0)
            return done + n;
        return done > 0 ? done : (Errno)(-n);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<int>> WriteOnLoop(IoLoop loop, ReadOnlyMemory<byte> buffer, long offset)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            // The descriptor itself is in append or synchronous mode when asked for.
            var n = await loop.WriteAsync(_fd, buffer[done..], offset + done, false);
            if (n < 0 && done == 0)
                return (Errno)(-n);
            if (n <= 0)
                break;
            done += n;
        }

        return done;
    }

    private bool AddBare(IDirectorySink sink, long next, ulong inode, byte kind, ReadOnlySpan<byte> name)
    {
        var (id, type) = Identify(inode, kind, name);
        return sink.TryAdd(id, next, type, name);
    }

    /// <summary>Null when it is of another file system or has no handle: without attributes then.</summary>
    private bool? AddWithAttributes(IDirectorySink sink, long next, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return null;
        Result<NodeHandle> handle;
        StatxData data;
        using (ActingAs.Daemon())
        {
            if (TreeCalls.Stat(_node.Descriptor, name, out data) < 0 || HostTree.KeyOf(data).Device != _node.Key.Device)
                return null;
            handle = _node.Tree.HandleOf(_node, name, data);
        }

        if (!handle.IsOk)
            return null;
        var attributes = _node.Tree.AttributesOf(data);
        return sink.TryAdd(attributes, handle.Value, next, (byte)(data.Mode >> 12), name);
    }

    /// <summary>The identity a lookup would give, without its version; "..", which may lie outside the export, from what the tree knows.</summary>
    private (NodeId Id, byte Type) Identify(ulong inode, byte type, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(".."u8))
        {
            var (parent, _) = _node.Tree.PlaceOf(_node);
            if (parent is null && !_node.Tree.IsRoot(_node))
                return (UpOf(_node), 4);
            var id = (parent ?? _node).Id;
            parent?.Release();
            return (id, 4);
        }

        if (name.SequenceEqual("."u8))
            return (_node.Id, 4);
        if (type == 0 || (type == 4 && _node.Tree.Options.CrossMounts))
        {
            using var region = ActingAs.Daemon();
            if (TreeCalls.Stat(_node.Descriptor, name, out var data) == 0)
            {
                var id = _node.Tree.IdOf(data);
                return (id, (byte)(id.Mode >> 12));
            }
        }

        return (new NodeId(_node.Tree.PathOf(_node.Key.Device, inode), (uint)type << 12, 0), type);
    }

    /// <summary>The parent of what was opened by its handle: no further up than the root, whose number is all that is told.</summary>
    private static NodeId UpOf(HostNode node)
    {
        using var region = ActingAs.Daemon();
        return TreeCalls.Stat(node.Descriptor, ".."u8, out var data) == 0 ? node.Tree.IdOf(data) : node.Id;
    }
}
