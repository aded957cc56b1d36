using Pentode.Files;

namespace Pentode.Locks.Guards;

/// <summary>An open file through which locks of a shared file were taken.</summary>
internal sealed class FileUse(IOpenFile file, SharedFile shared)
{
    private volatile bool _isLost;

    public IOpenFile File { get; } = file;

    public SharedFile Shared { get; } = shared;

    /// <summary>Its locks were lost. For ever.</summary>
    public bool IsLost
    {
        get => _isLost || Shared.Handle is { IsLost: true };
        set => _isLost = value;
    }
}
