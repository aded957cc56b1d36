using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names fsck [--repair]</c>.</summary>
internal static class NamesCheckCommand
{
    private const string Examples = """
          pentode names fsck
          pentode names fsck --repair --store /srv/names.db
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var repair = new Option<bool>("--repair") { Description = "Put right what is found; what has lost its name goes to /lost+found." };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("fsck", "Checks the whole namespace, while it is served or not. Exit code 1 when problems are left.", Examples) { repair, json, store };
        command.SetAction(async (parsed, _) =>
        {
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            if (await target.Ask(new NamesRequest { Verb = "check", Set = parsed.GetValue(repair) }).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            var problems = answer.Rows.Skip(1).ToArray();
            if (parsed.GetValue(json))
            {
                NamesOutput.WriteJson(problems);
            }
            else
            {
                foreach (var row in problems)
                    Console.WriteLine($"{row.Detail}{(row.State == "repaired" ? " (repaired)" : "")}");
                Console.WriteLine($"{NamesOutput.Number(answer.Rows[0].Files)} objects, {NamesOutput.Number(answer.Rows[0].Links)} entries, {problems.Length} problems{(problems.Length > 0 && !parsed.GetValue(repair) ? "; --repair puts them right" : "")}");
            }

            return problems.All(p => p.State == "repaired") ? ExitCode.Ok : ExitCode.Failure;
        });
        return command;
    }
}
