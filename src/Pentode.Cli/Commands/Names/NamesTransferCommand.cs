using System.CommandLine;
using Pentode.Core;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names export FILE</c> and <c>pentode names import FILE --store STORE</c>.</summary>
internal static class NamesTransferCommand
{
    private const string ExportExamples = """
          pentode names export /backup/names.jsonl
          pentode names export --store /srv/names.db names.jsonl
        """;

    private const string ImportExamples = """
          pentode names import names.jsonl --store /srv/new.db
          pentode names import names.jsonl --store 'Host=/run/postgresql;Database=names'
        """;

    public static DocumentedCommand CreateExport(CommonOptions common)
    {
        var file = new Argument<string>("FILE") { Description = "File to make; the daemon writes it when the daemon is asked." };
        var store = NamesTarget.StoreOption();
        var json = NamesTarget.JsonOption();
        var command = new DocumentedCommand("export", "Writes the whole namespace as JSON lines, as of one moment, while it is served or not.", ExportExamples) { file, json, store };
        command.SetAction(async (parsed, _) =>
        {
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            if (await target.Ask(new NamesRequest { Verb = "export", Path = Path.GetFullPath(parsed.GetValue(file)!) }).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            WriteLines(parsed.GetValue(json), answer.Rows[0].Files ?? 0);
            return ExitCode.Ok;
        });
        return command;
    }

    public static DocumentedCommand CreateImport()
    {
        var file = new Argument<string>("FILE") { Description = "What 'pentode names export' wrote." };
        var store = NamesTarget.StoreOption();
        store.Required = true;
        store.Description = "SQLite file to make, or connection string of an empty PostgreSQL database.";
        var json = NamesTarget.JsonOption();
        var command = new DocumentedCommand("import", "Reads an export into a new store, with all ids and numbers: from SQLite to PostgreSQL and back, or a backup.", ImportExamples) { file, json, store };
        command.SetAction(async (parsed, stop) =>
        {
            FileStream source;
            try
            {
                source = new FileStream(parsed.GetValue(file)!, FileMode.Open, FileAccess.Read);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"pentode: {e.Message}").ConfigureAwait(false);
                return ExitCode.Failure;
            }

            await using (source.ConfigureAwait(false))
            {
                var opened = await NamesTarget.OpenStore(parsed.GetValue(store)!, mayMake: true).ConfigureAwait(false);
                if (opened is null)
                    return ExitCode.CannotOpenExport;
                await using (opened.ConfigureAwait(false))
                {
                    var report = await opened.Import(source, progress: null, stop).ConfigureAwait(false);
                    if (report.Error == Errno.None)
                    {
                        WriteLines(parsed.GetValue(json), report.Lines);
                        return ExitCode.Ok;
                    }

                    var why = report.Problem.Length > 0 ? report.Problem : ErrnoText.Describe(report.Error);
                    await Console.Error.WriteLineAsync($"pentode: {parsed.GetValue(file)}, line {report.Lines}: {why}").ConfigureAwait(false);
                    return ExitCode.Failure;
                }
            }
        });
        return command;
    }

    private static void WriteLines(bool isJson, long lines)
    {
        if (isJson)
            NamesOutput.WriteJson([new NamesRow { Files = lines }]);
        else
            Console.WriteLine($"{NamesOutput.Number(lines)} lines");
    }
}
