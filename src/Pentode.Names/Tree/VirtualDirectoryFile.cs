using Pentode.Core;
using Pentode.Files;

namespace Pentode.Names.Tree;

/// <summary>An open <see cref="VirtualDirectory"/>.</summary>
internal sealed class VirtualDirectoryFile(VirtualDirectory node) : StreamFile(node)
{
    /// <inheritdoc/>
    public override ValueTask<Result<int>> Read(Memory<byte> buffer, long offset) => new(Errno.EISDIR);

    /// <inheritdoc/>
    public override ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink) => node.List(cookie, sink);
}
