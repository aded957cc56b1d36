using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Names.Exports;

namespace Pentode.Cli.Commands.Names;

/// <summary><c>pentode names serve [DIR]</c>.</summary>
internal static class NamesServeCommand
{
    private const string Examples = """
          pentode names serve /srv/names --listen 127.0.0.1:5640
          pentode names serve --postgres 'Host=/run/postgresql;Database=names' --listen 127.0.0.1:5640
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var directory = new Argument<string?>("DIR")
        {
            Description = "Directory of the store, names.db in it is made when it is not there; by default ~/.local/share/pentode.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var postgres = new Option<string?>("--postgres") { Description = "Connection string of a PostgreSQL database, instead of a directory.", HelpName = "CONNECTION" };
        var listen = new Option<string[]>("--listen")
        {
            Description = "TCP address for 9P; may be repeated. 127.0.0.1:564 when neither --listen nor --unix is given; port 0 lets the kernel choose.",
            HelpName = "HOST:PORT",
        };
        var unix = new Option<string[]>("--unix") { Description = "Unix socket for 9P; may be repeated.", HelpName = "SOCKET" };
        var command = new DocumentedCommand("serve", "Serves a namespace until SIGTERM or Ctrl-C: /pnfs (its /usr, files without I/O) and /fs (all of it, with I/O).", Examples)
        {
            directory, postgres, listen, unix,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(directory) is not null && parsed.GetValue(postgres) is not null)
                return await UsageProblems.RefuseAsync("names serve: give either a directory or --postgres").ConfigureAwait(false);
            var addresses = new List<ListenerConfiguration>();
            foreach (var text in (parsed.GetValue(listen) ?? []).Concat((parsed.GetValue(unix) ?? []).Select(p => "unix:" + Path.GetFullPath(p))))
            {
                if (!ListenAddress.TryParse(text, out var address, out var problem))
                    return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
                addresses.Add(address);
            }

            string? path = null;
            if (parsed.GetValue(postgres) is null)
            {
                var root = Path.GetFullPath(parsed.GetValue(directory) ?? Demonstration.DefaultRoot);
                try
                {
                    Directory.CreateDirectory(root);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    await Console.Error.WriteLineAsync($"pentode: {e.Message}").ConfigureAwait(false);
                    return Pentode.Daemon.Services.ExitCode.CannotOpenExport;
                }

                path = Path.Combine(root, "names.db");
            }

            var files = addresses.Count > 0 ? new FilesConfiguration { Listen = addresses } : new FilesConfiguration();
            var names = new NamesConfiguration { Path = path, Postgres = parsed.GetValue(postgres), Exports = DefaultExports };
            return await DaemonRunner.RunAsync(common.Apply(parsed, new DaemonConfiguration { Files = files, Names = names })).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>The two ways to see a namespace: as users do, and as administrators do.</summary>
    public static IReadOnlyList<NamesExportConfiguration> DefaultExports { get; } =
    [
        new() { Name = "/pnfs", Path = "/usr", Io = IoMode.Meta },
        new() { Name = "/fs", Path = "/", Io = IoMode.Full },
    ];
}
