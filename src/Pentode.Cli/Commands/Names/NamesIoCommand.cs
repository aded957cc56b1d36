using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names io PATH [on|off]</c>.</summary>
internal static class NamesIoCommand
{
    private const string Examples = """
          pentode names io /admin/etc/config/README on
          pentode names io /usr/README
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var path = new Argument<string>("PATH") { Description = "A regular file: an absolute path within the namespace, or an id." };
        var position = new Argument<string?>("on|off") { Description = "Enable or disable; without it the flag is shown.", Arity = ArgumentArity.ZeroOrOne };
        var json = NamesTarget.JsonOption();
        var store = NamesTarget.StoreOption();
        var command = new DocumentedCommand("io", "Shows or sets whether clients of exports with 'io: meta' may read and write a file.", Examples) { path, position, json, store };
        command.SetAction(async (parsed, _) =>
        {
            var word = parsed.GetValue(position);
            if (word is not (null or "on" or "off"))
                return await UsageProblems.RefuseAsync($"names io: '{word}' is neither on nor off").ConfigureAwait(false);
            await using var target = await NamesTarget.Open(parsed.GetValue(store), common.Control(parsed)).ConfigureAwait(false);
            if (target is null)
                return ExitCode.CannotOpenExport;
            var request = new NamesRequest { Verb = "io", Path = parsed.GetValue(path)!, Set = word is null ? null : word == "on" };
            if (await target.Ask(request).ConfigureAwait(false) is not { } answer)
                return ExitCode.Failure;
            if (parsed.GetValue(json))
                NamesOutput.WriteJson(answer.Rows);
            else
                Console.WriteLine(answer.Rows[0].Io == true ? "on" : "off");
            return ExitCode.Ok;
        });
        return command;
    }
}
