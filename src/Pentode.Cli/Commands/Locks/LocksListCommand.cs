using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Locks;

/// <summary><c>pentode locks list [DOMAIN]</c>.</summary>
internal static class LocksListCommand
{
    private const string Examples = """
          pentode locks list
          pentode locks list jobs --json | jq '.[] | select(.parties[].wanted != "none")'
          pentode locks list --nodes
        """;

    public static Command Create(CommonOptions common)
    {
        var domain = new Argument<string?>("DOMAIN") { Description = "Only the locks of this domain.", Arity = ArgumentArity.ZeroOrOne };
        var nodes = new Option<bool>("--nodes") { Description = "The nodes of the cluster instead." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var list = new DocumentedCommand("list", "Shows the locks of the cluster: who has them, in use or cached, and who waits.", Examples) { domain, nodes, json };
        list.SetAction(async (parsed, _) =>
        {
            var request = new LocksRequest(parsed.GetValue(nodes) ? "nodes" : "list", Domain: parsed.GetValue(domain));
            using var answer = await LockControl.AskAsync(common.Control(parsed), request).ConfigureAwait(false);
            if (answer is null)
                return ExitCode.Failure;
            var rows = answer.RootElement.GetProperty(parsed.GetValue(nodes) ? "nodes" : "locks");
            if (parsed.GetValue(json))
                await Console.Out.WriteLineAsync(rows.GetRawText()).ConfigureAwait(false);
            else if (parsed.GetValue(nodes))
                WriteNodes(rows);
            else
                WriteLocks(rows);
            return ExitCode.Ok;
        });
        return list;
    }

    /// <summary>One line for each session in each lock: lock, node, what it has, what it wants, token, processes.</summary>
    internal static IEnumerable<string[]> Rows(JsonElement locks)
    {
        foreach (var item in locks.EnumerateArray())
        {
            var path = $"{item.GetProperty("domain").GetString()}/{item.GetProperty("name").GetString()}";
            if (item.TryGetProperty("problem", out var problem))
                yield return [path, "", "", "", "", problem.GetString()!];
            foreach (var party in item.GetProperty("parties").EnumerateArray())
            {
                var users = party.GetProperty("users").EnumerateArray().Select(User);
                var node = party.GetProperty("node").GetString() + (party.GetProperty("alive").GetBoolean() ? "" : " (dead)");
                var token = party.GetProperty("token").GetUInt64().ToString(CultureInfo.InvariantCulture);
                yield return [path, node, party.GetProperty("granted").GetString()!, party.GetProperty("wanted").GetString()!, token, string.Join(' ', users)];
            }
        }
    }

    private static string User(JsonElement user) =>
        $"{user.GetProperty("pid").GetInt32()}:{user.GetProperty("mode").GetString()}{(user.GetProperty("waiting").GetBoolean() ? "?" : "")}";

    private static void WriteLocks(JsonElement locks)
    {
        var table = new TextTable("LOCK", "NODE", "HAS", "WANTS", ">TOKEN", "PROCESSES");
        foreach (var row in Rows(locks))
            table.Add(row);
        table.Write(Console.Out);
    }

    private static void WriteNodes(JsonElement nodes)
    {
        var table = new TextTable("NODE", ">PID", ">BEAT", "ADDRESS", "SESSION");
        foreach (var node in nodes.EnumerateArray())
        {
            table.Add(
                node.GetProperty("node").GetString() + (node.GetProperty("own").GetBoolean() ? " (this)" : ""),
                node.GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture), node.GetProperty("beat").GetUInt64().ToString(CultureInfo.InvariantCulture),
                node.GetProperty("address").GetString()!, node.GetProperty("session").GetString()!);
        }

        table.Write(Console.Out);
    }
}
