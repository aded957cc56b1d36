using Pentode.Files;

namespace Pentode.Fuse;

/// <summary>An open file or directory of the kernel. Lives on the loop of its session.</summary>
internal sealed class FuseHandle(IOpenFile file)
{
    /// <summary>The tree's open file.</summary>
    public IOpenFile File { get; } = file;

    /// <summary>Name towards the kernel.</summary>
    public ulong Id { get; set; }

    /// <summary>Requests under way that use it.</summary>
    public int Users { get; set; }

    /// <summary>The kernel has released it: it is closed when the last request ends.</summary>
    public bool IsReleased { get; set; }

    /// <summary>Owners that may hold locks through it.</summary>
    public HashSet<ulong>? LockOwners { get; set; }

    /// <summary>Told when its readiness changes.</summary>
    public FusePollSink? Poll { get; set; }
}
