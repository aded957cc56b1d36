using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode serve [CONFIG]</c>.</summary>
internal static class ServeCommand
{
    private const string Examples = """
          pentode serve /etc/pentode.yaml
          pentode serve ./pentode.yaml --trace nbd
          pentode serve
        """;

    public static Command Create(CommonOptions common)
    {
        var file = new Argument<string?>("CONFIG")
        {
            Description = "Configuration file. Without one a demonstration is served on loopback, with data under ~/.local/share/pentode.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new DocumentedCommand("serve", "Runs the services of a configuration file until SIGTERM or Ctrl-C.", Examples) { file };
        command.SetAction((parsed, _) => RunAsync(common, parsed, parsed.GetValue(file)));
        return command;
    }

    private static async Task<int> RunAsync(CommonOptions common, ParseResult parsed, string? file)
    {
        if (file is null)
            return await DemonstrateAsync(common, parsed).ConfigureAwait(false);
        var errors = new List<ConfigurationError>();
        var configuration = ConfigurationReader.Read(file, errors);
        foreach (var error in errors)
            await Console.Error.WriteLineAsync(error.ToString()).ConfigureAwait(false);
        return errors.Count > 0 ? ExitCode.Configuration : await DaemonRunner.RunAsync(common.Apply(parsed, configuration)).ConfigureAwait(false);
    }

    private static async Task<int> DemonstrateAsync(CommonOptions common, ParseResult parsed)
    {
        var demonstration = new Demonstration(Demonstration.DefaultRoot);
        if (demonstration.Prepare() is { } problem)
        {
            await Console.Error.WriteLineAsync("pentode: " + problem).ConfigureAwait(false);
            return ExitCode.CannotOpenExport;
        }

        return await DaemonRunner.RunAsync(common.Apply(parsed, demonstration.Configuration), demonstration.Hints(common.Control(parsed))).ConfigureAwait(false);
    }
}
