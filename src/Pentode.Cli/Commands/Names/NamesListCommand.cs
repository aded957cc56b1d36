using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names ls [-l] [--json] PATH</c>.</summary>
internal static class NamesListCommand
{
    private const string Examples = """
          pentode names ls -l /usr
          pentode names ls --json /usr | jq -r '.[] | select(.io) | .name'
          pentode names ls --store /srv/names.db /
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var path = new Argument<string>("PATH") { Description = "Directory or file: an absolute path within the namespace, or an id." };
        var isLong = new Option<bool>("-l", "--long") { Description = "Mode, links, owner, group, size, I/O flag, state and time of each." };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("ls", "Lists a directory of the namespace in the order entries were made.", Examples) { path, isLong, json, store };
        command.SetAction(async (parsed, _) =>
        {
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var rows = new List<NamesRow>();
            for (long? after = 0; after is { } position;)
            {
                if (await target.Ask(new NamesRequest { Verb = "ls", Path = parsed.GetValue(path)!, After = position }).ConfigureAwait(false) is not { } answer)
                    return ExitCode.Failure;
                rows.AddRange(answer.Rows);
                after = answer.Next;
            }

            if (parsed.GetValue(json))
                NamesOutput.WriteJson(rows);
            else
                Write(rows, parsed.GetValue(isLong));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(List<NamesRow> rows, bool isLong)
    {
        if (!isLong)
        {
            foreach (var row in rows)
                Console.WriteLine(Files.RemoteText.Clean(row.Name ?? ""));
            return;
        }

        var table = new TextTable("MODE", ">LINKS", ">UID", ">GID", ">SIZE", "I/O", "STATE", "MODIFIED", "NAME");
        foreach (var row in rows)
        {
            var io = row.Io switch { true => "yes", false => "no", null => "" };
            var name = row.Name + (row.Detail is null ? "" : " -> " + row.Detail);
            table.Add(NamesOutput.Mode(row), NamesOutput.Number(row.Links), NamesOutput.Number(row.Uid), NamesOutput.Number(row.Gid), NamesOutput.Number(row.SizeBytes),
                io, row.State ?? "", NamesOutput.Time(row.Time), name);
        }

        table.Write(Console.Out);
    }
}
