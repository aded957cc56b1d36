using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names quota [DIR]</c>.</summary>
internal static class NamesQuotaCommand
{
    private const string Examples = """
          pentode names quota
          pentode names quota /usr/exp --files 1000000 --size 5TiB
          pentode names quota /usr/exp --remove
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var path = new Argument<string?>("DIR") { Description = "Directory: an absolute path within the namespace, or an id. Without it all quotas are listed.", Arity = ArgumentArity.ZeroOrOne };
        var files = new Option<long?>("--files") { Description = "Most files and directories below it; 0 for no limit.", HelpName = "N" };
        var size = new Option<string?>("--size") { Description = "Most bytes all files below it may record, such as 500GiB; 0 for no limit.", HelpName = "SIZE" };
        var remove = new Option<bool>("--remove") { Description = "Count and limit no more." };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("quota", "Lists, shows, sets or removes limits of directory trees (EDQUOT beyond).", Examples) { path, files, size, remove, json, store };
        command.SetAction(async (parsed, _) =>
        {
            long? bytes = null;
            if (parsed.GetValue(size) is { } text)
            {
                if (!Quantity.TryParseSize(text, out var parsedSize))
                    return await UsageProblems.RefuseAsync($"names quota: '{text}' is not a size such as 500GiB").ConfigureAwait(false);
                bytes = parsedSize;
            }

            var isChange = parsed.GetValue(files) is not null || bytes is not null;
            if (parsed.GetValue(files) < 0 || ((isChange || parsed.GetValue(remove)) && parsed.GetValue(path) is null) || (isChange && parsed.GetValue(remove)))
                return await UsageProblems.RefuseAsync("names quota: give a directory, and limits that are not negative or --remove").ConfigureAwait(false);
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var request = new NamesRequest { Verb = "quota", Path = parsed.GetValue(path) ?? "", MaxFiles = parsed.GetValue(files), MaxBytes = bytes, Remove = parsed.GetValue(remove) };
            if (await target.Ask(request).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            if (parsed.GetValue(json))
            {
                NamesOutput.WriteJson(answer.Rows);
            }
            else if (!request.Remove)
            {
                var table = new TextTable("DIRECTORY", ">FILES", ">OF", ">BYTES", ">OF");
                foreach (var row in answer.Rows)
                    table.Add(row.Path ?? "", NamesOutput.Number(row.Files), Limit(row.MaxFiles), NamesOutput.Number(row.SizeBytes), Limit(row.MaxBytes));
                table.Write(Console.Out);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static string Limit(long? value) => value is null or 0 ? "-" : NamesOutput.Number(value);
}
