using Pentode.Core;

namespace Pentode.Files;

/// <summary>What a tree backend provides: a root, and leave to go.</summary>
public interface ITreeBackend : IAsyncDisposable
{
    /// <summary>The root node; the caller owns a reference.</summary>
    Result<INode> OpenRoot();

    /// <summary>True when an open may wait for others (locks): O_NONBLOCK means something then, and whoever opens must be able to give up.</summary>
    bool OpensMayWait => false;

    /// <summary>The node a handle names, with a reference for the caller; ESTALE when it is gone or the handle was never this tree's.</summary>
    ValueTask<Result<INode>> OpenHandle(NodeHandle handle) => new((Result<INode>)Errno.ESTALE);
}
