using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Files.Control;

/// <summary>An open file of a <see cref="ControlTree"/>, or its directory; keeps the content of its open.</summary>
internal sealed class ControlOpenFile(ControlTree tree, ControlNode node, ControlFile? file) : IOpenFile
{
    private const byte DirectoryEntry = 4;
    private const byte FileEntry = 8;

    private readonly byte[] _content = file?.Content?.Invoke() ?? [];

    /// <inheritdoc/>
    public INode Node => node;

    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if (file is null)
            return new(Errno.EISDIR);
        int count;
        if (file.IsZero)
        {
            buffer.Span.Clear();
            count = buffer.Length;
        }
        else
        {
            var from = (int)Math.Min(offset, _content.Length);
            count = Math.Min(buffer.Length, _content.Length - from);
            _content.AsSpan(from, count).CopyTo(buffer.Span);
        }

        return file.DelayMs == 0 ? new(count) : Later(count, file.DelayMs);
    }

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset)
    {
        if (file is not { IsSink: true })
            return new(Errno.EBADF);
        return file.DelayMs == 0 ? new(buffer.Length) : Later(buffer.Length, file.DelayMs);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Sync(bool dataOnly) => new(Errno.None);

    /// <inheritdoc/>
    public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink)
    {
        if (file is not null)
            return new(Errno.ENOTDIR);
        var number = cookie;
        if (number == 0 && !sink.TryAdd(node.Id, ++number, DirectoryEntry, "."u8))
            return new(Errno.None);
        if (number == 1 && !sink.TryAdd(node.Id, ++number, DirectoryEntry, ".."u8))
            return new(Errno.None);
        for (var i = number - 2; i < tree.Nodes.Count; i++)
        {
            var child = tree.Nodes[(int)i];
            if (!sink.TryAdd(child.Id, i + 3, FileEntry, child.Name))
                break;
        }

        return new(Errno.None);
    }

    /// <inheritdoc/>
    public Errno TryLock(LockOwner owner, LockType type, long start, long length) => Errno.EINVAL;

    /// <inheritdoc/>
    public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => Errno.EINVAL;

    /// <inheritdoc/>
    public bool ReleaseLocks() => false;

    /// <inheritdoc/>
    public ValueTask<Errno> Close() => new(Errno.None);

    private static async ValueTask<Result<int>> Later(int count, int delayMs)
    {
        if (IoLoop.Current is { } loop)
            await loop.DelayAsync(delayMs).ConfigureAwait(false);
        else
            await Task.Delay(delayMs).ConfigureAwait(false);
        return count;
    }
}
