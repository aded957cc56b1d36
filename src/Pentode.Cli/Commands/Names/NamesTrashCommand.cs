using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names trash [ls|restore|purge]</c>.</summary>
internal static class NamesTrashCommand
{
    private const string ListExamples = """
          pentode names trash ls
          pentode names trash ls --json | jq -r '.[].path'
        """;

    private const string RestoreExamples = """
          pentode names trash restore 1234
          pentode names trash restore 1234 /usr/raw/run7.again
        """;

    private const string PurgeExamples = """
          pentode names trash purge 1234
          pentode names trash purge --all
        """;

    public static Command Create(CommonOptions common) => new("trash", "Files that were removed and can still be had back.")
    {
        CreateList(common),
        CreateRestore(common),
        CreatePurge(common),
    };

    private static DocumentedCommand CreateList(CommonOptions common)
    {
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("ls", "Lists them, oldest first.", ListExamples) { json, store };
        command.SetAction(async (parsed, _) =>
        {
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var rows = new List<NamesRow>();
            for (long? after = 0; after is { } position;)
            {
                if (await target.Ask(new NamesRequest { Verb = "trash", After = position }).ConfigureAwait(false) is not { } answer)
                    return ExitCode.Failure;
                rows.AddRange(answer.Rows);
                after = answer.Next;
            }

            if (parsed.GetValue(json))
            {
                NamesOutput.WriteJson(rows);
                return ExitCode.Ok;
            }

            var table = new TextTable(">NUMBER", "REMOVED", ">UID", ">SIZE", "PATH");
            foreach (var row in rows)
                table.Add(NamesOutput.Number(row.Sequence), NamesOutput.Time(row.Time), NamesOutput.Number(row.Uid), NamesOutput.Number(row.SizeBytes), row.Path ?? "");
            table.Write(Console.Out);
            return ExitCode.Ok;
        });
        return command;
    }

    private static DocumentedCommand CreateRestore(CommonOptions common)
    {
        var number = new Argument<long>("NUMBER") { Description = "As 'pentode names trash ls' shows it." };
        var path = new Argument<string?>("PATH") { Description = "Where to; by default where it was.", Arity = ArgumentArity.ZeroOrOne };
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("restore", "Gives a removed file its name back, with id, levels and flags.", RestoreExamples) { number, path, store };
        command.SetAction(async (parsed, _) =>
        {
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            if (await target.Ask(new NamesRequest { Verb = "restore", After = parsed.GetValue(number), Name = parsed.GetValue(path) }).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            Console.WriteLine(Files.RemoteText.Clean(answer.Rows[0].Path ?? ""));
            return ExitCode.Ok;
        });
        return command;
    }

    private static DocumentedCommand CreatePurge(CommonOptions common)
    {
        var number = new Argument<long?>("NUMBER") { Description = "One file.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "All of them." };
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("purge", "Ends removed files for good, now: mass storage is told to free their data.", PurgeExamples) { number, all, store };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(number) is not > 0 == !parsed.GetValue(all))
                return await UsageProblems.RefuseAsync("names trash purge: give either a number or --all").ConfigureAwait(false);
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            if (await target.Ask(new NamesRequest { Verb = "purge", After = parsed.GetValue(number) ?? 0 }).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            Console.WriteLine($"{NamesOutput.Number(answer.Rows[0].Files)} files ended");
            return ExitCode.Ok;
        });
        return command;
    }
}
