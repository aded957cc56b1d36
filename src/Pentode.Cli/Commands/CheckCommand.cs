using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode check CONFIG</c>.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("CONFIG") { Description = "Configuration file." };
        var command = new DocumentedCommand("check", "Checks a configuration file and serves nothing.", "  pentode check /etc/pentode.yaml") { file };
        command.SetAction(parsed =>
        {
            var errors = new List<ConfigurationError>();
            var path = parsed.GetValue(file)!;
            var configuration = ConfigurationReader.Read(path, errors);
            foreach (var error in errors)
                Console.Error.WriteLine(error);
            if (errors.Count > 0)
                return ExitCode.Configuration;
            Console.WriteLine($"{path}: ok, {Count(configuration.Files?.Exports.Count ?? 0, "directory", "directories")}, {Count(configuration.Blocks?.Exports.Count ?? 0, "disk", "disks")}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Count(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";
}
