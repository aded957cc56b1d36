using Pentode.Fuse;
using Pentode.Linux.Tree;

namespace Pentode.Daemon.Services;

/// <summary>How the lock tree is shown through FUSE.</summary>
public static class LocksMounting
{
    /// <summary>What the source of every mount of locks begins with; the node's name follows.</summary>
    public const string SourcePrefix = "locks:";

    /// <summary>
    /// The kernel checks permissions and keeps flock(2) and fcntl(2) locks to itself, as in dlmfs; opens may wait; the value is never cached.
    /// </summary>
    public static FuseOptions Options(string node, bool allowOther) => new()
    {
        Source = SourcePrefix + node,
        AllowOther = allowOther,
        DefaultPermissions = true,
        DirectIo = true,
        RemoteLocks = false,
        OpenMayWait = true,
        UsesGroups = false,
        EntryTimeout = TimeSpan.FromSeconds(60),
        AttributeTimeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>User and group of this process, who own what it mounts.</summary>
    internal static (uint Uid, uint Gid) Self()
    {
        var fd = TreeCalls.OpenPath("/proc/self", TreeCalls.PathOnly | TreeCalls.CloseOnExec);
        if (fd < 0)
            return (0, 0);
        var error = TreeCalls.Stat(fd, out var data);
        _ = TreeCalls.Close(fd);
        return error < 0 ? (0, 0) : (data.Uid, data.Gid);
    }
}
