using Pentode.Core;

namespace Pentode.Files;

/// <summary>A tree that somebody else disposes of.</summary>
internal sealed class BorrowedTree(ITreeBackend tree) : ITreeBackend
{
    /// <inheritdoc/>
    public bool OpensMayWait => tree.OpensMayWait;

    /// <inheritdoc/>
    public ISharedLocks? SharedLocks => tree.SharedLocks;

    /// <inheritdoc/>
    public Result<INode> OpenRoot() => tree.OpenRoot();

    /// <inheritdoc/>
    public ValueTask<Result<INode>> OpenHandle(NodeHandle handle) => tree.OpenHandle(handle);

    /// <inheritdoc/>
    public bool RemembersCalls => tree.RemembersCalls;

    /// <inheritdoc/>
    public bool WasCalled(ReadOnlySpan<byte> key) => tree.WasCalled(key);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
