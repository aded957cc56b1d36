using Pentode.Core;

namespace Pentode.Files;

/// <summary>What a tree backend provides: a root, and leave to go.</summary>
public interface ITreeBackend : IAsyncDisposable
{
    /// <summary>The root node; the caller owns a reference.</summary>
    Result<INode> OpenRoot();
}
