using System.CommandLine;
using Pentode.Cli.Commands.Files;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode files …</c>: one line for each verb.</summary>
internal static class FilesCommand
{
    public static Command Create(CommonOptions common) => new("files", "Directories over 9P2000.L.")
    {
        FilesServeCommand.Create(common),
        FilesListCommand.Create(common),
        FilesCatCommand.Create(common),
        FilesStatCommand.Create(common),
        FilesCopyCommand.Create(common),
        FilesMountCommand.Create(common),
    };
}
