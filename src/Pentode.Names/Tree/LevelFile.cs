using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Tree;

/// <summary>An open level.</summary>
internal sealed class LevelFile(NamesTree tree, LevelNode node, long number, int level, Credentials who, int flags) : StreamFile(node)
{
    private const int Append = 0x400;

    /// <summary>Opened for writing.</summary>
    public bool CanWrite => (flags & 3) is 1 or 2;

    /// <inheritdoc/>
    public override ValueTask<Result<int>> Read(Memory<byte> buffer, long offset) =>
        (flags & 3) is 0 or 2 ? tree.Store.Read(number, level, offset, buffer) : new(Errno.EBADF);

    /// <inheritdoc/>
    public override async ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call)
    {
        if (!CanWrite)
            return Errno.EBADF;
        if (buffer.IsEmpty)
            return 0;
        var written = await tree.Store.Write(new CatalogRequest(By(who, call)), number, level, (flags & Append) != 0 ? -1 : offset, buffer).ConfigureAwait(false);
        node.Changed(written.Error);
        return written;
    }
}
