using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names watch [--from N] [--json]</c>.</summary>
internal static class NamesWatchCommand
{
    private const string Examples = """
          pentode names watch
          pentode names watch --json | jq -r 'select(.type == "removed") | .id'
          pentode names watch --from 0 --until-end
        """;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    public static DocumentedCommand Create(CommonOptions common)
    {
        var from = new Option<long?>("--from") { Description = "Events after this number, 0 for all that are kept; by default those from now on.", HelpName = "N" };
        var end = new Option<bool>("--until-end") { Description = "Stop when there are no more, instead of waiting for them." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("watch", "Prints what changes in the namespace, until Ctrl-C. Each event comes at least once, in order.", Examples) { from, end, json, store };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(from) < 0)
                return await UsageProblems.RefuseAsync("names watch: --from is not negative").ConfigureAwait(false);
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var position = parsed.GetValue(from) ?? -1;
            while (true)
            {
                if (await target.Ask(new NamesRequest { Verb = "events", After = position }).ConfigureAwait(false) is not { Next: { } next } answer)
                    return ExitCode.Failure;
                foreach (var row in answer.Rows)
                {
                    if (parsed.GetValue(json))
                        NamesOutput.WriteLine(row);
                    else
                        Console.WriteLine($"{NamesOutput.Number(row.Sequence)}  {NamesOutput.Time(row.Time)}  {row.Type,-10}  {row.Id}  {Files.RemoteText.Clean(row.Name ?? "")}{(row.Detail is null ? "" : $"  ({Files.RemoteText.Clean(row.Detail)})")}");
                }

                var isEmpty = answer.Rows.Count == 0;
                if (isEmpty && parsed.GetValue(end) && position >= 0)
                    return ExitCode.Ok;
                position = next;
                if (isEmpty && !parsed.GetValue(end))
                    await Task.Delay(s_pause, CancellationToken.None).ConfigureAwait(false);
            }
        });
        return command;
    }
}
