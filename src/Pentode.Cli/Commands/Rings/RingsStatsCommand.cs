using System.CommandLine;
using System.Text.Json;
using Pentode.Cli.Commands.Blocks;
using Pentode.Daemon.Services;
using Pentode.Rings.Wire;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings stats SOCKET</c>.</summary>
internal static class RingsStatsCommand
{
    private const string Examples = """
          pentode rings stats /run/rings.sock
          pentode rings stats --json /run/rings.sock
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var json = RingsRunner.Json();
        var command = new DocumentedCommand("stats", "Shows the server's numbers; this command counts as one client.", Examples) { socket, json };
        command.SetAction((parsed, _) => RingsRunner.RunAsync(common, parsed, parsed.GetValue(socket)!, async client =>
        {
            var stats = await client.Stats().ConfigureAwait(true);
            if (!stats.IsOk)
                return RingsRunner.Report(client, "statistics", stats.Error);
            if (parsed.GetValue(json))
                await ExportText.WriteJsonAsync(writer => Write(writer, stats.Value)).ConfigureAwait(true);
            else
                Write(Console.Out, stats.Value);
            return ExitCode.Ok;
        }));
        return command;
    }

    private static void Write(TextWriter output, in RingsStats stats)
    {
        output.WriteLine($"clients: {stats.ActiveClients} ({stats.ClientsAtCreditLimit} at the limit of {stats.PerClientCreditLimit} credits)");
        output.WriteLine($"tasks under way: {stats.OutstandingTasks} ({stats.OutstandingCreditTasks} hold a credit, {stats.AvailableCredits} credits free)");
        output.WriteLine($"registered: {stats.RegisteredFiles} descriptors, {stats.RegisteredBuffers} buffers");
        output.WriteLine($"submits: {stats.AcceptedSubmits} accepted, {stats.RejectedSubmits} rejected");
        output.WriteLine($"completions: {stats.Completions}");
    }

    private static void Write(Utf8JsonWriter json, in RingsStats stats)
    {
        json.WriteStartObject();
        json.WriteNumber("active_clients", stats.ActiveClients);
        json.WriteNumber("outstanding_tasks", stats.OutstandingTasks);
        json.WriteNumber("outstanding_credit_tasks", stats.OutstandingCreditTasks);
        json.WriteNumber("available_credits", stats.AvailableCredits);
        json.WriteNumber("registered_files", stats.RegisteredFiles);
        json.WriteNumber("registered_buffers", stats.RegisteredBuffers);
        json.WriteNumber("accepted_submits", stats.AcceptedSubmits);
        json.WriteNumber("rejected_submits", stats.RejectedSubmits);
        json.WriteNumber("completions", stats.Completions);
        json.WriteNumber("per_client_credit_limit", stats.PerClientCreditLimit);
        json.WriteNumber("clients_at_credit_limit", stats.ClientsAtCreditLimit);
        json.WriteEndObject();
    }
}
