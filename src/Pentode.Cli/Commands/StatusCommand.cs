using System.CommandLine;
using System.Text.Json;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode status</c>.</summary>
internal static class StatusCommand
{
    private const string Examples = """
          pentode status
          pentode status --watch 2
          pentode status --json | jq '.connections[] | select(.in_flight > 0)'
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static Command Create(CommonOptions common)
    {
        var json = new Option<bool>("--json") { Description = "Print the daemon's answer as one line of JSON." };
        var watch = new Option<int?>("--watch") { Description = "Ask again every so many seconds (1 by default) until Ctrl-C.", HelpName = "SECONDS", Arity = ArgumentArity.ZeroOrOne };
        UsageProblems.RequireNumber(watch, 1, 3600);
        var command = new DocumentedCommand("status", "Shows exports and connections of the running daemon.", Examples) { json, watch };
        command.SetAction((parsed, _) => parsed.GetResult(watch) is null
            ? ShowAsync(common.Control(parsed), parsed.GetValue(json))
            : WatchAsync(common.Control(parsed), parsed.GetValue(json), parsed.GetValue(watch) ?? 1));
        return command;
    }

    private static async Task<int> WatchAsync(string path, bool json, int seconds)
    {
        while (true)
        {
            // Home and clear, so that the table stands still.
            if (!json && !Console.IsOutputRedirected)
                await Console.Out.WriteAsync("\e[H\e[2J").ConfigureAwait(false);
            if (await ShowAsync(path, json).ConfigureAwait(false) is not ExitCode.Ok and var failure)
                return failure;
            await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        }
    }

    private static async Task<int> ShowAsync(string path, bool json)
    {
        var (line, problem) = await ControlClient.AskAsync(path, "status", s_patience).ConfigureAwait(false);
        if (line is null)
        {
            await Console.Error.WriteLineAsync("pentode: " + problem).ConfigureAwait(false);
            return ExitCode.Failure;
        }

        if (json)
        {
            await Console.Out.WriteLineAsync(line).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        try
        {
            StatusText.Write(Console.Out, JsonSerializer.Deserialize(line, ControlJson.Default.StatusReport) ?? new StatusReport());
            return ExitCode.Ok;
        }
        catch (JsonException e)
        {
            await Console.Error.WriteLineAsync($"pentode: {path} sent something else than a status: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failure;
        }
    }
}
