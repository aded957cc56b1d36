using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

internal sealed partial class HostNode
{
    private const int MaximumValue = 65536;

    /// <summary>Room for the largest value or list; what is returned is a copy of the right size.</summary>
    [ThreadStatic]
    private static byte[]? t_values;

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name)
    {
        if (_id.IsSymbolicLink)
            return new(Errno.ENODATA);
        var buffer = t_values ??= new byte[MaximumValue];
        using var region = ActingAs.Begin(Tree, who);
        var length = region.Error != Errno.None ? -(int)region.Error : TreeCalls.GetAttribute(_fd, name.Bytes.Span, buffer);
        return new(length < 0 ? (Errno)(-length) : buffer[..length]);
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who)
    {
        if (_id.IsSymbolicLink)
            return new(Array.Empty<byte>());
        var buffer = t_values ??= new byte[MaximumValue];
        using var region = ActingAs.Begin(Tree, who);
        var length = region.Error != Errno.None ? -(int)region.Error : TreeCalls.ListAttributes(_fd, buffer);
        return new(length < 0 ? (Errno)(-length) : buffer[..length]);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags)
    {
        if (_id.IsSymbolicLink)
            return new(Errno.EOPNOTSUPP);
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : ToErrno(TreeCalls.SetAttribute(_fd, name.Bytes.Span, value.Span, flags)));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name)
    {
        if (_id.IsSymbolicLink)
            return new(Errno.ENODATA);
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : ToErrno(TreeCalls.RemoveAttribute(_fd, name.Bytes.Span)));
    }
}
