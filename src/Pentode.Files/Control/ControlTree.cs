using Pentode.Core;

namespace Pentode.Files.Control;

/// <summary>
/// One directory of files that exist only as what is said about the daemon when they are opened, as in /proc: mode 0444 (sinks 0666), size 0,
/// times now. Nothing can be created or removed (EPERM). Thread safe; holds nothing.
/// </summary>
public sealed class ControlTree : ITreeBackend
{
    private readonly ControlNode _root;

    /// <summary>A directory of those files.</summary>
    public ControlTree(IReadOnlyList<ControlFile> files, TimeProvider? clock = null)
    {
        Clock = clock ?? TimeProvider.System;
        _root = new ControlNode(this, 1, null);
        Nodes = [.. files.Select((f, i) => new ControlNode(this, (ulong)i + 2, f))];
    }

    internal TimeProvider Clock { get; }

    internal IReadOnlyList<ControlNode> Nodes { get; }

    /// <inheritdoc/>
    public Result<INode> OpenRoot() => Ok<INode>(_root);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>C# has no implicit conversion from an interface type; through a type parameter it works.</summary>
    internal static Result<T> Ok<T>(T value) => value;

    internal ControlNode Root => _root;

    internal FileTime Now()
    {
        var ticks = Clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return new FileTime(ticks / TimeSpan.TicksPerSecond, (uint)(ticks % TimeSpan.TicksPerSecond) * 100);
    }
}
