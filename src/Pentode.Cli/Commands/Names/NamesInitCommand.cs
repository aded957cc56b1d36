using System.CommandLine;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Names.Tree;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names init --store STORE</c>.</summary>
internal static class NamesInitCommand
{
    private const string Examples = """
          pentode names init --store /srv/names.db
          pentode names init --store 'Host=/run/postgresql;Database=names'
        """;

    public static DocumentedCommand Create()
    {
        var store = NamesTarget.StoreOption();
        store.Required = true;
        store.Description = "SQLite file to make, or connection string of an empty PostgreSQL database (Host=…;Database=…).";
        var json = NamesTarget.JsonOption();
        var command = new DocumentedCommand("init", "Makes a store: /usr for users, /admin/etc/exports with exports for this machine, /admin/etc/config. One that is there stays as it is.", Examples) { store, json };
        command.SetAction(async (parsed, _) =>
        {
            var opened = await NamesTarget.OpenStore(parsed.GetValue(store)!, mayMake: true).ConfigureAwait(false);
            if (opened is null)
                return ExitCode.CannotOpenExport;
            await using (opened.ConfigureAwait(false))
            {
                if (await NamesLayout.Prepare(opened).ConfigureAwait(false) is not Errno.None and var problem)
                {
                    await Console.Error.WriteLineAsync($"pentode: cannot fill {opened.Info.Location}: {ErrnoText.Describe(problem)}").ConfigureAwait(false);
                    return ExitCode.Failure;
                }

                if (parsed.GetValue(json))
                    NamesOutput.WriteJson([new NamesRow { Path = opened.Info.Location, Type = opened.Info.Engine, Id = opened.Info.Id.ToString() }]);
                else
                    Console.WriteLine($"{opened.Info.Location}  {opened.Info.Engine}  {opened.Info.Id}");
                return ExitCode.Ok;
            }
        });
        return command;
    }
}
