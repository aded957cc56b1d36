using Pentode.Core;

namespace Pentode.Files;

/// <summary>What a tree backend provides: a root, and leave to go.</summary>
public interface ITreeBackend : IAsyncDisposable
{
    /// <summary>The root node; the caller owns a reference.</summary>
    Result<INode> OpenRoot();

    /// <summary>True when an open may wait for others (locks): O_NONBLOCK means something then, and whoever opens must be able to give up.</summary>
    bool OpensMayWait => false;

    /// <summary>Where locks of its files are taken when others must be asked, who share them elsewhere; null for locks that it knows all of.</summary>
    ISharedLocks? SharedLocks => null;

    /// <summary>The node a handle names, with a reference for the caller; ESTALE when it is gone or the handle was never this tree's.</summary>
    ValueTask<Result<INode>> OpenHandle(NodeHandle handle) => new((Result<INode>)Errno.ESTALE);

    /// <summary>
    /// True when the tree keeps, in one with each change made by <see cref="Credentials"/> in a call, that it was made: the same step of the
    /// same call, asked for again within minutes and whatever crashed in between, succeeds as it did and changes nothing.
    /// </summary>
    bool RemembersCalls => false;

    /// <summary>True for a call of before the last start that changed something. Needs no I/O.</summary>
    bool WasCalled(ReadOnlySpan<byte> key) => false;
}
