using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Nbd.Client;

namespace Pentode.Cli.Commands.Blocks;

/// <summary><c>pentode blocks list URI</c>.</summary>
internal static class BlocksListCommand
{
    private const string Examples = """
          pentode blocks list nbd://localhost
          pentode blocks list --long --json 'nbd+unix://?socket=/run/nbd.sock'
        """;

    public static Command Create(CommonOptions common)
    {
        var uri = new Argument<string>("URI") { Description = "nbd://HOST[:PORT] or nbd+unix://?socket=PATH; quote it for the shell." };
        var json = new Option<bool>("--json") { Description = "Print JSON with the names nbdinfo uses." };
        var details = new Option<bool>("--long") { Description = "Ask for all facts of each export." };
        var command = new DocumentedCommand("list", "Lists the exports of a server.", Examples) { uri, json, details };
        command.SetAction(async (parsed, _) =>
        {
            if (!NbdUri.TryParse(parsed.GetValue(uri)!, out var address, out var problem))
                return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
            var engine = common.Apply(parsed, new DaemonConfiguration()).Engine.Kind;
            return await RunAsync(engine, address, parsed.GetValue(json), parsed.GetValue(details)).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(string engine, NbdUri uri, bool json, bool details)
    {
        var loops = await ClientLoops.StartAsync(engine, 1).ConfigureAwait(false);
        if (loops is null)
            return ExitCode.Failure;
        await using var _ = loops.ConfigureAwait(false);
        var (exports, problem) = await NbdListing.ListAsync(loops.All[0], uri, details).ConfigureAwait(false);
        if (exports is null)
            return await CommandFailure.ReportAsync(problem!.Message).ConfigureAwait(false);
        if (json)
            await ExportText.WriteJsonAsync(writer => Write(writer, uri, exports)).ConfigureAwait(false);
        else if (details)
            WriteLong(uri, exports);
        else
            WriteShort(exports);
        return ExitCode.Ok;
    }

    private static void WriteShort(IReadOnlyList<NbdListedExport> exports)
    {
        var table = new TextTable("EXPORT", "DESCRIPTION");
        foreach (var export in exports)
            table.Add(export.Name.Length > 0 ? export.Name : "(default)", export.Description);
        table.Write(Console.Out);
    }

    private static void WriteLong(NbdUri uri, IReadOnlyList<NbdListedExport> exports)
    {
        foreach (var export in exports)
        {
            if (export.Info is { } info)
                ExportText.Write(Console.Out, uri, info.Description is null ? info with { Description = export.Description } : info);
            else
                Console.Out.WriteLine($"export \"{ExportText.Printable(export.Name)}\": {export.Problem?.Message}");
        }
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, NbdUri uri, IReadOnlyList<NbdListedExport> exports)
    {
        json.WriteStartObject();
        if (exports.FirstOrDefault(e => e.Info is not null)?.Info is { } first)
            ExportText.WriteProtocol(json, first);
        json.WriteStartArray("exports");
        foreach (var export in exports)
        {
            json.WriteStartObject();
            if (export.Info is { } info)
            {
                ExportText.Write(json, uri, info);
            }
            else
            {
                json.WriteString("export_name", export.Name);
                json.WriteString("description", export.Description);
                json.WriteString("uri", uri.WithExport(export.Name).ToString());
                if (export.Problem is { } problem)
                    json.WriteString("problem", problem.Message);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
