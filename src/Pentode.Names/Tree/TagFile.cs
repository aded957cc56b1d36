using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Tree;

/// <summary>An open tag. An invalid one opens, but has no data (ENOENT).</summary>
internal sealed class TagFile(NamesTree tree, TagNode node, long directory, byte[] name, Credentials who, int flags) : StreamFile(node)
{
    private const int Append = 0x400;

    /// <inheritdoc/>
    public override async ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if ((flags & 3) is not (0 or 2))
            return Errno.EBADF;
        var tag = await tree.Store.GetTag(directory, name).ConfigureAwait(false);
        if (!tag.IsOk)
            return tag.Error;
        return tag.Value.IsValid ? Copy(tag.Value.Value, buffer, offset) : Errno.ENOENT;
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call)
    {
        if ((flags & 3) is not (1 or 2))
            return Errno.EBADF;
        if (buffer.IsEmpty)
            return 0;
        if ((flags & Append) != 0)
        {
            var tag = await tree.Store.GetTag(directory, name).ConfigureAwait(false);
            if (!tag.IsOk)
                return tag.Error;
            offset = tag.Value.Value.Length;
        }

        if (offset + buffer.Length > tree.Store.Options.MaximumTag)
            return Errno.EFBIG;
        var written = await tree.Store.WriteTag(new CatalogRequest(By(who, call)), directory, name, (int)offset, buffer).ConfigureAwait(false);
        return node.Changed(written.Error) == Errno.None ? buffer.Length : written.Error;
    }
}
