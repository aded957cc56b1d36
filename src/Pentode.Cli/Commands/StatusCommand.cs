using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create(CommonOptions common)
    {
        var json = new Option<bool>("--json") { Description = "Print the daemon's answer as JSON." };
        var command = new Command("status", "Shows exports and connections of the running daemon.") { json };
        command.SetAction((parsed, _) => RunAsync(common.Control(parsed), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json)
    {
        var (line, problem) = await ControlClient.AskAsync(path, "status", TimeSpan.FromSeconds(5)).ConfigureAwait(false);
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
            Print(Console.Out, JsonSerializer.Deserialize(line, ControlJson.Default.StatusReport) ?? new StatusReport());
            return ExitCode.Ok;
        }
        catch (JsonException e)
        {
            await Console.Error.WriteLineAsync($"pentode: {path} sent something else than a status: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failure;
        }
    }

    private static void Print(TextWriter output, StatusReport status)
    {
        output.WriteLine($"pentode {status.Version}, process {status.Pid}, up {TimeSpan.FromSeconds(status.UptimeSeconds):c}, {status.Loops} loops of the {status.Engine} engine");
        foreach (var listener in status.Listeners)
            output.WriteLine($"listening on {listener}");
        output.WriteLine();
        var exports = new TextTable("SERVICE", "EXPORT", "KIND", "MODE", "SIZE", ">OPS", ">READ", ">WRITTEN", ">ERRORS");
        foreach (var e in status.Exports)
        {
            exports.Add(e.Service, e.Name.Length > 0 ? e.Name : "(default)", e.Kind, e.ReadOnly ? "ro" : "rw", e.Size > 0 ? Quantity.FormatSize(e.Size) : "-",
                Count(e.Operations), Quantity.FormatSize(e.BytesRead), Quantity.FormatSize(e.BytesWritten), Count(e.Errors));
        }

        exports.Write(output);
        output.WriteLine();
        if (status.Connections.Count == 0)
        {
            output.WriteLine("no connections");
            return;
        }

        var connections = new TextTable(">ID", "PROTOCOL", "PEER", "EXPORT", ">OPS", ">READ", ">WRITTEN", ">ERRORS", ">IN FLIGHT");
        foreach (var c in status.Connections)
        {
            connections.Add(Count(c.Id), c.Protocol, c.Peer, c.Export.Length > 0 ? c.Export : "-", Count(c.Operations), Quantity.FormatSize(c.BytesRead),
                Quantity.FormatSize(c.BytesWritten), Count(c.Errors), Count(c.InFlight));
        }

        connections.Write(output);
    }

    private static string Count(long value) => value.ToString(CultureInfo.InvariantCulture);
}
