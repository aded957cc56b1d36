using System.CommandLine;
using Pentode.Cli.Commands.Blocks;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode blocks …</c>: one line for each verb.</summary>
internal static class BlocksCommand
{
    public static Command Create(CommonOptions common) => new("blocks", "Disks over NBD.")
    {
        BlocksServeCommand.Create(common),
        BlocksInfoCommand.Create(common),
        BlocksListCommand.Create(common),
        BlocksCopyCommand.Create(common),
    };
}
