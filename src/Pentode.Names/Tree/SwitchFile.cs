using Pentode.Core;

namespace Pentode.Names.Tree;

/// <summary>An open switch: reads as empty, takes every write and keeps nothing.</summary>
internal sealed class SwitchFile(SwitchNode node) : StreamFile(node)
{
    /// <inheritdoc/>
    public override ValueTask<Result<int>> Read(Memory<byte> buffer, long offset) => new(0);

    /// <inheritdoc/>
    public override ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call) => new(buffer.Length);
}
