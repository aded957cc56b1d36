using System.CommandLine;
using Pentode.Cli.Commands.Names;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode names …</c>: one line for each verb.</summary>
internal static class NamesCommand
{
    public static Command Create(CommonOptions common) => new("names", "A namespace without data: ids, tags, levels, and a switch for I/O.")
    {
        NamesInitCommand.Create(),
        NamesServeCommand.Create(common),
        NamesListCommand.Create(common),
        NamesTagCommand.Create(common),
        NamesLevelCommand.Create(common),
        NamesDescribeCommand.CreateId(common),
        NamesDescribeCommand.CreatePath(common),
        NamesIoCommand.Create(common),
        NamesTrashCommand.Create(common),
        NamesQuotaCommand.Create(common),
        NamesCheckCommand.Create(common),
        NamesTransferCommand.CreateExport(common),
        NamesTransferCommand.CreateImport(),
        NamesWatchCommand.Create(common),
    };
}
