using System.CommandLine;
using System.CommandLine.Help;
using Pentode.Cli.Commands;
using Pentode.Daemon.Services;

namespace Pentode.Cli;

/// <summary>The executable <c>pentode</c>.</summary>
internal static class Program
{
    // Nothing else here: what another name asks for must not wait for the command tree.
    private static Task<int> Main(string[] args) => Personality.TryRun(args) is { } code ? Task.FromResult(code) : RunAsync(args);

    private static async Task<int> RunAsync(string[] args)
    {
        var common = new CommonOptions();
        var root = new RootCommand("Serves directories over 9P2000.L, disks over NBD and bounded asynchronous I/O over a Unix socket.");
        common.AddTo(root);
        root.Subcommands.Add(ServeCommand.Create(common));
        root.Subcommands.Add(CheckCommand.Create());
        root.Subcommands.Add(FilesCommand.Create(common));
        root.Subcommands.Add(BlocksCommand.Create(common));
        root.Subcommands.Add(LocksCommand.Create(common));
        root.Subcommands.Add(NamesCommand.Create(common));
        root.Subcommands.Add(RingsCommand.Create(common));
        root.Subcommands.Add(StatusCommand.Create(common));
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
                option.Action = new HelpText(help);
            else if (option is VersionOption)
                option.Action = new VersionText();
        }

        var parsed = root.Parse(args);
        if (args.Length == 0)
            return await root.Parse("--help").InvokeAsync().ConfigureAwait(false);

        // --help and --version answer even where something else is missing.
        if (parsed.Action is not (HelpText or VersionText) && UsageProblems.Of(parsed) is { Count: > 0 } problems)
        {
            foreach (var problem in problems)
                await Console.Error.WriteLineAsync($"pentode: {problem}").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        // Signals are the daemon's own business: it drains first.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }
}
