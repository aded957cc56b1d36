using System.CommandLine;
using Pentode.Cli.Commands;
using Pentode.Daemon.Services;

namespace Pentode.Cli;

/// <summary>The executable <c>pentode</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var common = new CommonOptions();
        var root = new RootCommand("Serves directories over 9P2000.L and disks over NBD.");
        common.AddTo(root);
        root.Subcommands.Add(ServeCommand.Create(common));
        root.Subcommands.Add(CheckCommand.Create());
        root.Subcommands.Add(FilesCommand.Create(common));
        root.Subcommands.Add(BlocksCommand.Create(common));
        root.Subcommands.Add(StatusCommand.Create(common));

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync($"pentode: {error.Message}").ConfigureAwait(false);
            await Console.Error.WriteLineAsync("pentode: see 'pentode --help'").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        // Signals are the daemon's own business: it drains first.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }
}
