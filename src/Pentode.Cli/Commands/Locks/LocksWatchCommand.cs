using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Locks;

/// <summary><c>pentode locks watch [DOMAIN]</c>.</summary>
internal static class LocksWatchCommand
{
    private const string Examples = """
          pentode locks watch
          pentode locks watch jobs --interval 100
        """;

    public static Command Create(CommonOptions common)
    {
        var domain = new Argument<string?>("DOMAIN") { Description = "Only the locks of this domain.", Arity = ArgumentArity.ZeroOrOne };
        var interval = new Option<int>("--interval") { Description = "Milliseconds between two looks; 500 by default.", HelpName = "MS", DefaultValueFactory = _ => 500 };
        var json = new Option<bool>("--json") { Description = "Print each change as one line of JSON." };
        UsageProblems.RequireNumber(interval, 10, 3_600_000);
        var watch = new DocumentedCommand("watch", "Tells of changes as they are seen: who gets a lock, waits for it, loses it. Until Ctrl-C.", Examples) { domain, interval, json };
        watch.SetAction(async (parsed, cancel) =>
        {
            var known = new Dictionary<string, string[]>(StringComparer.Ordinal);
            while (!cancel.IsCancellationRequested)
            {
                using var answer = await LockControl.AskAsync(common.Control(parsed), new LocksRequest("list", Domain: parsed.GetValue(domain))).ConfigureAwait(false);
                if (answer is null)
                    return ExitCode.Failure;
                foreach (var change in Changes(known, LocksListCommand.Rows(answer.RootElement.GetProperty("locks"))))
                    await Console.Out.WriteLineAsync(parsed.GetValue(json) ? ToJson(change) : ToText(change)).ConfigureAwait(false);
                await Task.Delay(parsed.GetValue(interval), cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return ExitCode.Ok;
        });
        return watch;
    }

    // What is new or different, then what is gone.
    private static List<string[]> Changes(Dictionary<string, string[]> known, IEnumerable<string[]> rows)
    {
        var changes = new List<string[]>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var key = row[0] + "\n" + row[1];
            seen.Add(key);
            if (known.TryGetValue(key, out var before) && before.AsSpan(2, 3).SequenceEqual(row.AsSpan(2, 3)))
                continue;
            known[key] = row;
            changes.Add(row);
        }

        foreach (var key in known.Keys.Where(k => !seen.Contains(k)).ToArray())
        {
            changes.Add([known[key][0], known[key][1], "none", "none", known[key][4], ""]);
            known.Remove(key);
        }

        return changes;
    }

    private static string ToText(string[] row) =>
        $"{TimeProvider.System.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}  {row[0]}  {row[1]}  has {row[2]}{(row[3] == "none" ? "" : $", wants {row[3]}")}  token {row[4]}";

    private static string ToJson(string[] row)
    {
        using var stream = new MemoryStream();
        using (var w = new Utf8JsonWriter(stream))
        {
            w.WriteStartObject();
            w.WriteString("lock", row[0]);
            w.WriteString("node", row[1]);
            w.WriteString("granted", row[2]);
            w.WriteString("wanted", row[3]);
            w.WriteString("token", row[4]);
            w.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
