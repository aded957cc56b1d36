using Pentode.Names.Exports;

namespace Pentode.Names.Tree;

/// <summary>How one export sees a namespace: several may see the same one differently at the same time.</summary>
public sealed record ViewOptions
{
    /// <summary>What may be done with the data of files.</summary>
    public IoMode Io { get; init; } = IoMode.Full;

    /// <summary>What magic names mean.</summary>
    public MagicMode Magic { get; init; }

    /// <summary>The owner of a file may enable it for I/O; otherwise only root.</summary>
    public bool OwnersSetIo { get; init; }

    /// <summary>The directory that is the root of the view, by number; 1 is the root of the namespace.</summary>
    public long RootInode { get; init; } = 1;
}
