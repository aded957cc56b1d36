using System.CommandLine;
using System.Text;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names tag DIR [NAME [VALUE]]</c>.</summary>
internal static class NamesTagCommand
{
    private const string Examples = """
          pentode names tag /usr
          pentode names tag /usr sGroup raw
          pentode names tag /usr sGroup --remove
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var path = new Argument<string>("DIR") { Description = "Directory: an absolute path within the namespace, or an id." };
        var name = new Argument<string?>("NAME") { Description = "Tag to show, write or remove; without it all are listed.", Arity = ArgumentArity.ZeroOrOne };
        var value = new Argument<string?>("VALUE") { Description = "New content, stored with a line's end. A tag that is not there is made; an inherited one becomes the directory's own.", Arity = ArgumentArity.ZeroOrOne };
        var remove = new Option<bool>("--remove") { Description = "Remove it: an inherited tag comes back, one made here becomes invalid." };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("tag", "Lists, shows, writes or removes tags of a directory.", Examples) { path, name, value, remove, json, store };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(remove) && (parsed.GetValue(name) is null || parsed.GetValue(value) is not null))
                return await UsageProblems.RefuseAsync("names tag: --remove needs a name and no value").ConfigureAwait(false);
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var request = new NamesRequest
            {
                Verb = "tag",
                Path = parsed.GetValue(path)!,
                Name = parsed.GetValue(name),
                Content = parsed.GetValue(value) is { } text ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text + "\n")) : null,
                Remove = parsed.GetValue(remove),
            };
            if (await target.Ask(request).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            if (parsed.GetValue(json))
                NamesOutput.WriteJson(answer.Rows);
            else if (request.Name is not null && request.Content is null && !request.Remove)
                Console.Write(Encoding.UTF8.GetString(Convert.FromBase64String(answer.Rows[0].Content ?? "")));
            else if (request.Name is null)
                Write(answer.Rows);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(IReadOnlyList<NamesRow> rows)
    {
        var table = new TextTable("TAG", "KIND", ">SIZE", "VALUE");
        foreach (var row in rows)
            table.Add(row.Name ?? "", row.Type ?? "", NamesOutput.Number(row.SizeBytes), Encoding.UTF8.GetString(Convert.FromBase64String(row.Content ?? "")).TrimEnd('\n'));
        table.Write(Console.Out);
    }
}
