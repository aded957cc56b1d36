using System.CommandLine;
using Pentode.Cli.Commands.Rings;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode rings …</c>: one line for each verb.</summary>
internal static class RingsCommand
{
    public static Command Create(CommonOptions common) => new("rings", "Bounded asynchronous I/O for local programs.")
    {
        RingsServeCommand.Create(common),
        RingsProbeCommand.Create(common),
        RingsStatsCommand.Create(common),
        RingsTraceCommand.Create(common),
        RingsNopCommand.Create(common),
        RingsCatCommand.Create(common),
        RingsCopyCommand.Create(common),
    };
}
