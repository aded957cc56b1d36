using System.CommandLine;
using Pentode.Cli.Commands.Locks;
using Pentode.Cli.Commands.Locks.Cluster;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode locks …</c>: one line for each verb.</summary>
internal static class LocksCommand
{
    public static Command Create(CommonOptions common) => new("locks", "Cluster locks through plain file calls.")
    {
        LocksMountCommand.Create(common),
        LocksRunCommand.Create(),
        LocksListCommand.Create(common),
        LocksWatchCommand.Create(common),
        LocksBreakCommand.Create(common),
        LocksDeclareDeadCommand.Create(common),
        ClusterCommand.Create(),
    };
}
