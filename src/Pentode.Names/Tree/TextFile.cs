using Pentode.Core;

namespace Pentode.Names.Tree;

/// <summary>An open text: as it was when it was opened.</summary>
internal sealed class TextFile(NamesNode node, byte[] content) : StreamFile(node)
{
    /// <inheritdoc/>
    public override ValueTask<Result<int>> Read(Memory<byte> buffer, long offset) => new(Copy(content, buffer, offset));
}
