using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Nbd.Client;

namespace Pentode.Cli.Commands.Blocks;

/// <summary><c>pentode blocks info URI</c>.</summary>
internal static class BlocksInfoCommand
{
    private const string Examples = """
          pentode blocks info nbd://localhost/disk
          pentode blocks info --map 'nbd+unix:///disk?socket=/run/nbd.sock'
          pentode blocks info --size nbd://localhost
        """;

    public static Command Create(CommonOptions common)
    {
        var uri = new Argument<string>("URI") { Description = "nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH; quote it for the shell." };
        var json = new Option<bool>("--json") { Description = "Print JSON with the names nbdinfo uses." };
        var size = new Option<bool>("--size") { Description = "Print only the size in bytes." };
        var map = new Option<bool>("--map") { Description = "Print the extents of the export and their totals." };
        var context = new Option<string>("--context")
        {
            Description = "Metadata context of --map.", HelpName = "NAME", DefaultValueFactory = _ => NbdClientOptions.BaseAllocation,
        };
        var command = new DocumentedCommand("info", "Shows size, block sizes, abilities and extents of an export.", Examples) { uri, json, size, map, context };
        command.SetAction(async (parsed, _) =>
        {
            if (!NbdUri.TryParse(parsed.GetValue(uri)!, out var address, out var problem))
                return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
            var engine = common.Apply(parsed, new DaemonConfiguration()).Engine.Kind;
            var wanted = parsed.GetValue(map) ? parsed.GetValue(context)! : null;
            return await RunAsync(engine, address, parsed.GetValue(json), parsed.GetValue(size), wanted).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(string engine, NbdUri uri, bool json, bool sizeOnly, string? context)
    {
        var loops = await ClientLoops.StartAsync(engine, 1).ConfigureAwait(false);
        if (loops is null)
            return ExitCode.Failure;
        await using var _ = loops.ConfigureAwait(false);
        var options = new NbdClientOptions { ListContexts = !sizeOnly, Contexts = context is null ? [] : [context] };
        var (client, problem) = await NbdClient.ConnectAsync(loops.All[0], uri, options).ConfigureAwait(false);
        if (client is null)
            return await CommandFailure.ReportAsync(problem!.Message).ConfigureAwait(false);
        await using var __ = client.ConfigureAwait(false);
        var info = client.Export;
        if (sizeOnly)
        {
            await Console.Out.WriteLineAsync(info.Size.ToString(System.Globalization.CultureInfo.InvariantCulture)).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        ExportMap? map = null;
        if (context is not null)
        {
            if (info.ContextIndex(context) < 0)
                return await CommandFailure.ReportAsync($"{uri}: the server has no context '{context}' for this export").ConfigureAwait(false);
            map = new ExportMap(context);
            if (await ClientLoops.RunAsync(client.Loop, () => map.ReadAsync(client)).ConfigureAwait(false) is { } failure)
                return await CommandFailure.ReportAsync(failure).ConfigureAwait(false);
        }

        if (json)
        {
            await ExportText.WriteJsonAsync(writer => Write(writer, uri, info, map)).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        await Console.Out.WriteLineAsync($"protocol: {ExportText.Protocol(info)}").ConfigureAwait(false);
        ExportText.Write(Console.Out, uri, info);
        if (map is not null)
        {
            await Console.Out.WriteLineAsync().ConfigureAwait(false);
            map.Write(Console.Out);
        }

        return ExitCode.Ok;
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, NbdUri uri, NbdExportInfo info, ExportMap? map)
    {
        json.WriteStartObject();
        ExportText.WriteProtocol(json, info);
        json.WriteStartArray("exports");
        json.WriteStartObject();
        ExportText.Write(json, uri, info);
        map?.Write(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
