using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

internal sealed partial class HostNode
{
    private const int MaximumValue = 65536;

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name)
    {
        if (_id.IsSymbolicLink || !IsPassed(name.Bytes.Span))
            return new(Errno.ENODATA);
        var buffer = new byte[MaximumValue];
        using var region = ActingAs.Begin(Tree, who);
        var length = region.Error != Errno.None ? -(int)region.Error : TreeCalls.GetAttribute(_fd, name.Bytes.Span, buffer);
        return new(length < 0 ? (Errno)(-length) : buffer[..length]);
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who)
    {
        if (_id.IsSymbolicLink)
            return new(Array.Empty<byte>());
        var buffer = new byte[MaximumValue];
        int length;
        using (var region = ActingAs.Begin(Tree, who))
            length = region.Error != Errno.None ? -(int)region.Error : TreeCalls.ListAttributes(_fd, buffer);
        if (length < 0)
            return new((Errno)(-length));
        var kept = 0;
        for (var at = 0; at < length;)
        {
            var end = at + buffer.AsSpan(at, length - at).IndexOf((byte)0) + 1;
            if (IsPassed(buffer.AsSpan(at, end - at - 1)))
            {
                buffer.AsSpan(at, end - at).CopyTo(buffer.AsSpan(kept));
                kept += end - at;
            }

            at = end;
        }

        return new(buffer[..kept]);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags)
    {
        if (_id.IsSymbolicLink || !IsPassed(name.Bytes.Span))
            return new(Errno.EOPNOTSUPP);
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : ToErrno(TreeCalls.SetAttribute(_fd, name.Bytes.Span, value.Span, flags)));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name)
    {
        if (_id.IsSymbolicLink || !IsPassed(name.Bytes.Span))
            return new(Errno.ENODATA);
        using var region = ActingAs.Begin(Tree, who);
        return new(region.Error != Errno.None ? region.Error : ToErrno(TreeCalls.RemoveAttribute(_fd, name.Bytes.Span)));
    }

    // Acting as a user keeps the capabilities that guard trusted.* and security.*, so these are not for clients.
    private bool IsPassed(ReadOnlySpan<byte> name) => Tree.Options.AllExtendedAttributes || name.StartsWith("user."u8) ||
        name.SequenceEqual("system.posix_acl_access"u8) || name.SequenceEqual("system.posix_acl_default"u8);
}
