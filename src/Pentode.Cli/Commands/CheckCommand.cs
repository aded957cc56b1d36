using System.CommandLine;
using System.Text.Json;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode check CONFIG</c>.</summary>
internal static class CheckCommand
{
    private const string Examples = """
          pentode check /etc/pentode.yaml
          pentode check --json pentode.yaml | jq -r '.services[] | "\(.service): \(.serves)"'
        """;

    public static Command Create()
    {
        var file = new Argument<string>("CONFIG") { Description = "Configuration file." };
        var json = new Option<bool>("--json") { Description = "Print errors and services as one line of JSON." };
        var command = new DocumentedCommand("check", "Checks a configuration file and serves nothing.", Examples) { file, json };
        command.SetAction(parsed => Check(parsed.GetValue(file)!, parsed.GetValue(json)));
        return command;
    }

    private static int Check(string path, bool json)
    {
        var errors = new List<ConfigurationError>();
        var configuration = ConfigurationReader.Read(path, errors);
        var services = errors.Count > 0 ? [] : ConfigurationSummary.Of(configuration);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new ConfigurationReport(path, errors, services), ControlJson.Default.ConfigurationReport));
        }
        else
        {
            foreach (var error in errors)
                Console.Error.WriteLine(error);
            if (errors.Count == 0)
                Console.WriteLine(services.Count == 0 ? $"{path}: ok, but no service is configured" : $"{path}: ok");
            foreach (var service in services)
                Console.WriteLine($"  {service.Service}: {service.Serves}");
        }

        return errors.Count > 0 ? ExitCode.Configuration : ExitCode.Ok;
    }
}
