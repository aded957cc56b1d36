using System.CommandLine;

namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary><c>pentode locks cluster …</c>.</summary>
internal static class ClusterCommand
{
    public static Command Create() => new("cluster", "The etcd cluster behind the locks of several machines.")
    {
        ClusterInitCommand.Create(),
        ClusterStatusCommand.Create(),
    };
}
