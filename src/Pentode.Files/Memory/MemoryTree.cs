using Pentode.Core;

namespace Pentode.Files.Memory;

/// <summary>
/// A complete file system in memory with Linux permission rules: for tests, scratch exports and as the model other trees are compared with.
/// Thread safe by one lock; every call completes at once.
/// </summary>
public sealed class MemoryTree : ITreeBackend
{
    internal const int PageSize = 4096;

    private readonly TimeProvider _clock;
    private readonly long _maximumBytes;
    private readonly MemoryNode _root;
    private readonly Dictionary<ulong, MemoryNode> _nodes = [];

    /// <summary>In every handle: those of another tree or an earlier start name nothing here.</summary>
    private readonly ulong _incarnation = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
    private long _usedBytes;
    private long _files;
    private ulong _nextPath = 1;

    /// <summary>An empty tree whose root is 0755, or <paramref name="rootMode"/>, of user 0; file content may take <paramref name="maximumBytes"/>.</summary>
    public MemoryTree(long maximumBytes = 1L << 30, uint rootMode = 0x1ED, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _maximumBytes = maximumBytes;
        _root = new MemoryNode(this, 0x4000 | (rootMode & 0xFFF), 0, 0);
        _root.BecomeRoot();
    }

    internal Lock Gate { get; } = new();

    internal MemoryNode Root => _root;

    /// <inheritdoc/>
    public Result<INode> OpenRoot()
    {
        _root.AddReference();
        return Ok<INode>(_root);
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> OpenHandle(NodeHandle handle)
    {
        lock (Gate)
        {
            if (handle.Kind != 0 || handle.Operand != _incarnation || !_nodes.TryGetValue(handle.Object, out var node))
                return new((Result<INode>)Errno.ESTALE);
            node.AddReference();
            return new(Ok<INode>(node));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>C# has no implicit conversion from an interface type; through a type parameter it works.</summary>
    internal static Result<T> Ok<T>(T value) => value;

    internal NodeHandle HandleOf(ulong path) => new(0, path, _incarnation);

    internal ulong TakePath(MemoryNode node)
    {
        _files++;
        _nodes.Add(_nextPath, node);
        return _nextPath++;
    }

    internal void NodeGone(ulong path, long pages)
    {
        _files--;
        _nodes.Remove(path);
        _usedBytes -= pages * PageSize;
    }

    internal FileTime Now()
    {
        var ticks = _clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return new FileTime(ticks / TimeSpan.TicksPerSecond, (uint)(ticks % TimeSpan.TicksPerSecond) * 100);
    }

    internal bool TryCharge()
    {
        if (_usedBytes + PageSize > _maximumBytes)
            return false;
        _usedBytes += PageSize;
        return true;
    }

    internal void Refund(long pages) => _usedBytes -= pages * PageSize;

    internal FileSystemStatistics Statistics()
    {
        var blocks = (ulong)(_maximumBytes / PageSize);
        var free = blocks - (ulong)(_usedBytes / PageSize);
        const uint tmpfs = 0x01021994;
        return new FileSystemStatistics(tmpfs, PageSize, blocks, free, free, (ulong)_files + 1_000_000, 1_000_000, 1, FileName.MaximumLength);
    }
}
