using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode serve [CONFIG]</c>.</summary>
internal static class ServeCommand
{
    public static Command Create(CommonOptions common)
    {
        var file = new Argument<string?>("CONFIG") { Description = "Configuration file; without one a demonstration on loopback.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("serve", "Runs the services of a configuration file.") { file };
        command.SetAction((parsed, _) => RunAsync(common, parsed, parsed.GetValue(file)));
        return command;
    }

    private static async Task<int> RunAsync(CommonOptions common, ParseResult parsed, string? file)
    {
        if (file is null)
            return await DemoAsync(common, parsed).ConfigureAwait(false);
        var errors = new List<ConfigurationError>();
        var configuration = ConfigurationReader.Read(file, errors);
        foreach (var error in errors)
            await Console.Error.WriteLineAsync(error.ToString()).ConfigureAwait(false);
        return errors.Count > 0 ? ExitCode.Configuration : await DaemonRunner.RunAsync(common.Apply(parsed, configuration)).ConfigureAwait(false);
    }

    private static async Task<int> DemoAsync(CommonOptions common, ParseResult parsed)
    {
        var home = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
            ? data : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share");
        var root = Path.Combine(home, "pentode");
        var directory = Path.Combine(root, "demo");
        var disk = Path.Combine(root, "disk.img");
        try
        {
            Directory.CreateDirectory(directory);
            var readme = Path.Combine(directory, "README");
            if (!File.Exists(readme))
                await File.WriteAllTextAsync(readme, "Hello from pentode. This directory is served over 9P2000.L.\n").ConfigureAwait(false);
            using var image = new FileStream(disk, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (image.Length == 0)
                image.SetLength(64L << 20);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"pentode: cannot prepare the demonstration in {root}: {e.Message}").ConfigureAwait(false);
            return ExitCode.CannotOpenExport;
        }

        var configuration = common.Apply(parsed, new DaemonConfiguration
        {
            Files = new FilesConfiguration
            {
                Listen = [ListenAddress.Tcp("127.0.0.1", 5640)], Exports = [new TreeExportConfiguration { Name = directory, Path = directory }],
            },
            Blocks = new BlocksConfiguration
            {
                Listen = [ListenAddress.Tcp("127.0.0.1", 10809)],
                Exports = [new BlockExportConfiguration { Name = "disk", Path = disk, Description = "demonstration disk" }],
            },
        });
        var hints = $"""
            Try in another terminal:
              diodls -s 127.0.0.1:5640 -a {directory}
              diodcat -s 127.0.0.1:5640 -a {directory} README
              nbdinfo nbd://127.0.0.1/disk
              nbdcopy nbd://127.0.0.1/disk copy.img
              pentode status
            """;
        return await DaemonRunner.RunAsync(configuration, hints).ConfigureAwait(false);
    }
}
