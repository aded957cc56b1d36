using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names id PATH…</c> and <c>pentode names path ID…</c>.</summary>
internal static class NamesDescribeCommand
{
    public static DocumentedCommand CreateId(CommonOptions common) => Create(
        common, "id", "Prints the id of a path, which the object keeps for life.", "PATH", "Absolute path within the namespace; may be repeated.",
        """
          pentode names id /usr/README
          pentode names id --json /usr /admin
        """,
        static row => row.Id ?? "");

    public static DocumentedCommand CreatePath(CommonOptions common) => Create(
        common, "path", "Prints the path of an id.", "ID", "Id: 36 hexadecimal digits, or up to 24 of the old form; may be repeated.",
        """
          pentode names path 000000000000000000000000000000000000
        """,
        static row => Files.RemoteText.Clean(row.Path ?? ""));

    private static DocumentedCommand Create(CommonOptions common, string name, string summary, string argument, string description, string examples, Func<NamesRow, string> text)
    {
        var what = new Argument<string[]>(argument) { Description = description, Arity = ArgumentArity.OneOrMore };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand(name, summary, examples) { what, json, store };
        command.SetAction(async (parsed, _) =>
        {
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var rows = new List<NamesRow>();
            var code = ExitCode.Ok;
            foreach (var asked in parsed.GetValue(what)!)
            {
                if (name == "path" && asked.StartsWith('/'))
                    return await UsageProblems.RefuseAsync($"names path: '{asked}' is a path already; 'pentode names id' tells its id").ConfigureAwait(false);
                if (await target.Ask(new NamesRequest { Verb = name, Path = asked }).ConfigureAwait(false) is { } answer)
                    rows.AddRange(answer.Rows);
                else
                    code = ExitCode.Failure;
            }

            if (parsed.GetValue(json))
            {
                NamesOutput.WriteJson(rows);
                return code;
            }

            foreach (var row in rows)
                Console.WriteLine(text(row));
            return code;
        });
        return command;
    }
}
