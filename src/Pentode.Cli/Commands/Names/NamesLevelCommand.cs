using System.CommandLine;
using System.Text;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names level FILE [N [VALUE]]</c>.</summary>
internal static class NamesLevelCommand
{
    private const string Examples = """
          pentode names level /usr/raw/run7
          pentode names level /usr/raw/run7 1 'CDMS123456'
          pentode names level /usr/raw/run7 4 --from layer4.txt
          pentode names level /usr/raw/run7 1
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var path = new Argument<string>("FILE") { Description = "A regular file: an absolute path within the namespace, or an id." };
        var level = new Argument<string?>("LEVEL") { Description = "1 to 7; without it the levels that are there are listed.", Arity = ArgumentArity.ZeroOrOne };
        var value = new Argument<string?>("VALUE") { Description = "New content, stored with a line's end.", Arity = ArgumentArity.ZeroOrOne };
        var from = new Option<string?>("--from") { Description = "Take the new content from a file of this machine.", HelpName = "FILE" };
        var remove = new Option<bool>("--remove") { Description = "Remove the level; the file and its other levels stay." };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("level", "Lists, prints, writes or removes side data of a file.", Examples) { path, level, value, from, remove, json, store };
        command.SetAction(async (parsed, _) =>
        {
            var changes = (parsed.GetValue(value) is null ? 0 : 1) + (parsed.GetValue(from) is null ? 0 : 1) + (parsed.GetValue(remove) ? 1 : 0);
            if (changes > 1 || (changes == 1 && parsed.GetValue(level) is null))
                return await UsageProblems.RefuseAsync("names level: give a level, and at most one of a value, --from and --remove").ConfigureAwait(false);
            byte[]? content;
            try
            {
                content = parsed.GetValue(from) is { } file ? await File.ReadAllBytesAsync(file, CancellationToken.None).ConfigureAwait(false) : parsed.GetValue(value) is { } text ? Encoding.UTF8.GetBytes(text + "\n") : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"pentode: {e.Message}").ConfigureAwait(false);
                return ExitCode.Failure;
            }

            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            if (target.Store is null && content?.Length > NamesTarget.MaximumContent)
                return await UsageProblems.RefuseAsync($"names level: more than {NamesTarget.MaximumContent} bytes go through a mount ('.(use)({parsed.GetValue(level)})(FILE)'), or to the store with --store").ConfigureAwait(false);
            var request = new NamesRequest
            {
                Verb = "level",
                Path = parsed.GetValue(path)!,
                Name = parsed.GetValue(level),
                Content = content is null ? null : Convert.ToBase64String(content),
                Remove = parsed.GetValue(remove),
            };
            if (await target.Ask(request).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            if (parsed.GetValue(json))
            {
                NamesOutput.WriteJson(answer.Rows);
            }
            else if (request.Name is null)
            {
                var table = new TextTable(">LEVEL", ">SIZE", "MODIFIED");
                foreach (var row in answer.Rows)
                    table.Add(NamesOutput.Number(row.Level), NamesOutput.Number(row.SizeBytes), NamesOutput.Time(row.Time));
                table.Write(Console.Out);
            }
            else if (changes == 0)
            {
                using var output = Console.OpenStandardOutput();
                output.Write(Convert.FromBase64String(answer.Rows[0].Content ?? ""));
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
