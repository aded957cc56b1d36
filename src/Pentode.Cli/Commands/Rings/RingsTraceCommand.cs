using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Pentode.Cli.Commands.Blocks;
using Pentode.Daemon.Services;
using Pentode.Rings.Client;
using Pentode.Rings.Wire;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings trace SOCKET</c>.</summary>
internal static class RingsTraceCommand
{
    private const int FollowEveryMs = 100;

    private const string Examples = """
          pentode rings trace /run/rings.sock
          pentode rings trace --follow --json /run/rings.sock
          pentode rings trace --after 1200 /run/rings.sock
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var json = new Option<bool>("--json") { Description = "Print JSON; with --follow one object a line." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Keep asking and print events as they come, until interrupted." };
        var after = new Option<ulong>("--after") { Description = "Only events with a greater sequence number.", HelpName = "SEQUENCE" };
        after.CustomParser = result =>
        {
            if (ulong.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                return value;
            result.AddError($"--after must be a sequence number, not '{result.Tokens[0].Value}'");
            return 0;
        };
        var command = new DocumentedCommand("trace", "Shows the last 256 events of the server, those of all clients, oldest first.", Examples) { socket, json, follow, after };
        command.SetAction((parsed, _) => RingsRunner.RunAsync(common, parsed, parsed.GetValue(socket)!, client =>
            parsed.GetValue(follow) ? FollowAsync(client, parsed.GetValue(after), parsed.GetValue(json)) : OnceAsync(client, parsed.GetValue(after), parsed.GetValue(json))));
        return command;
    }

    private static async Task<int> OnceAsync(RingsClient client, ulong after, bool isJson)
    {
        var events = new List<RingsTraceEvent>();
        var trace = await client.Trace(after, RingsWire.TraceCapacity, events).ConfigureAwait(true);
        if (!trace.IsOk)
            return RingsRunner.Report(client, "trace", trace.Error);
        if (isJson)
        {
            await ExportText.WriteJsonAsync(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("oldest_sequence", trace.Value.OldestSequence);
                json.WriteNumber("latest_sequence", trace.Value.LatestSequence);
                json.WriteStartArray("events");
                foreach (var entry in events)
                    Write(json, entry);
                json.WriteEndArray();
                json.WriteEndObject();
            }).ConfigureAwait(true);
            return ExitCode.Ok;
        }

        foreach (var entry in events)
            await Console.Out.WriteLineAsync(Line(entry)).ConfigureAwait(true);
        return ExitCode.Ok;
    }

    private static async Task<int> FollowAsync(RingsClient client, ulong after, bool isJson)
    {
        var events = new List<RingsTraceEvent>();
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                events.Clear();
                var trace = await client.Trace(after, RingsWire.TraceCapacity, events).ConfigureAwait(true);
                if (!trace.IsOk)
                    return RingsRunner.Report(client, "trace", trace.Error);
                if (!isFirst && events.Count > 0 && events[0].Sequence > after + 1)
                    await Console.Error.WriteLineAsync($"pentode: {events[0].Sequence - after - 1} events were overwritten before they could be read").ConfigureAwait(true);
                foreach (var entry in events)
                    await Console.Out.WriteLineAsync(isJson ? JsonLine(entry) : Line(entry)).ConfigureAwait(true);
                after = events.Count > 0 ? events[^1].Sequence : after;
                if (events.Count == 0)
                    await client.Loop.DelayAsync(FollowEveryMs).ConfigureAwait(true);
            }
        }
        catch (IOException)
        {
            // Whoever read has seen enough.
            return ExitCode.Ok;
        }
    }

    private static string Line(in RingsTraceEvent entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"sequence={entry.Sequence} timestamp_nsec={entry.TimestampNsec} client_slot={entry.ClientSlot} event={RingsText.Event(entry.Event)} task_kind={RingsText.Kind(entry.Kind)} priority={RingsText.Priority(entry.Priority)} task_id={entry.Task} resource_id={entry.Resource} result={entry.Result} credits={entry.Credits}");

    private static string JsonLine(RingsTraceEvent entry)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            Write(json, entry);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void Write(Utf8JsonWriter json, in RingsTraceEvent entry)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence", entry.Sequence);
        json.WriteNumber("timestamp_nsec", entry.TimestampNsec);
        json.WriteNumber("client_slot", entry.ClientSlot);
        json.WriteString("event", RingsText.Event(entry.Event));
        json.WriteString("task_kind", RingsText.Kind(entry.Kind));
        json.WriteString("priority", RingsText.Priority(entry.Priority));
        json.WriteNumber("task_id", entry.Task);
        json.WriteNumber("resource_id", entry.Resource);
        json.WriteNumber("result", entry.Result);
        json.WriteNumber("credits", entry.Credits);
        json.WriteEndObject();
    }
}
