using System.Runtime.CompilerServices;
using Pentode.Core;

namespace Pentode.Files;

/// <content>Extended attributes.</content>
public sealed partial class Volume
{
    /// <inheritdoc cref="INode.GetExtendedAttribute"/>
    public ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, INode node, FileName name)
    {
        var error = Begin(FilesFaults.ExtendedAttribute);
        if (error == Errno.None)
            error = CheckAttributeName(name);
        return error != Errno.None ? Refuse<byte[]>(error) : Counted(node.GetExtendedAttribute(Squash(who), name));
    }

    /// <inheritdoc cref="INode.ListExtendedAttributes"/>
    public ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who, INode node)
    {
        var error = Begin(FilesFaults.ExtendedAttribute);
        if (error != Errno.None)
            return Refuse<byte[]>(error);
        var task = Counted(node.ListExtendedAttributes(Squash(who)));
        return task.IsCompletedSuccessfully ? new(OnlyVisible(task.Result)) : OnlyVisibleLater(task);
    }

    /// <inheritdoc cref="INode.SetExtendedAttribute"/>
    public ValueTask<Errno> SetExtendedAttribute(Credentials who, INode node, FileName name, ReadOnlyMemory<byte> value, int flags)
    {
        var error = BeginChange(FilesFaults.ExtendedAttribute);
        if (error == Errno.None)
            error = CheckAttributeName(name);
        if (error == Errno.None && flags is < 0 or > 2)
            error = Errno.EINVAL;
        if (error == Errno.None && value.Length > _options.MaxExtendedAttributeBytes)
            error = Errno.E2BIG;
        return error != Errno.None ? Refuse(error) : Counted(node.SetExtendedAttribute(Squash(who), name, value, flags));
    }

    /// <inheritdoc cref="INode.RemoveExtendedAttribute"/>
    public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, INode node, FileName name)
    {
        var error = BeginChange(FilesFaults.ExtendedAttribute);
        if (error == Errno.None)
            error = CheckAttributeName(name);
        return error != Errno.None ? Refuse(error) : Counted(node.RemoveExtendedAttribute(Squash(who), name));
    }

    private Errno CheckAttributeName(FileName name)
    {
        // A slash is fine here, unlike in the name of a file.
        var bytes = name.Bytes.Span;
        if (bytes.Length is 0 or > FileName.MaximumLength)
            return Errno.ERANGE;
        if (bytes.Contains((byte)0))
            return Errno.EINVAL;
        return IsVisible(bytes) ? Errno.None : Errno.EOPNOTSUPP;
    }

    private bool IsVisible(ReadOnlySpan<byte> name)
    {
        foreach (var prefix in _attributePrefixes)
        {
            if (name.StartsWith(prefix))
                return true;
        }

        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<byte[]>> OnlyVisibleLater(ValueTask<Result<byte[]>> task) => OnlyVisible(await task.ConfigureAwait(false));

    private Result<byte[]> OnlyVisible(Result<byte[]> list)
    {
        if (!list.IsOk)
            return list;
        var all = list.Value;
        var kept = 0;
        foreach (var range in new Names(all))
        {
            if (IsVisible(all.AsSpan(range)))
                kept += range.End.Value - range.Start.Value + 1;
        }

        if (kept == all.Length)
            return list;
        var visible = new byte[kept];
        var position = 0;
        foreach (var range in new Names(all))
        {
            var name = all.AsSpan(range);
            if (!IsVisible(name))
                continue;
            name.CopyTo(visible.AsSpan(position));
            position += name.Length + 1;
        }

        return visible;
    }

    /// <summary>The names in a list where each is ended by NUL.</summary>
    private struct Names(byte[] list)
    {
        private int _next;

        public Range Current { get; private set; }

        public readonly Names GetEnumerator() => this;

        public bool MoveNext()
        {
            var length = list.AsSpan(_next).IndexOf((byte)0);
            if (length < 0)
                return false;
            Current = new Range(_next, _next + length);
            _next += length + 1;
            return true;
        }
    }
}
