using System.CommandLine;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode files serve DIR...</c>.</summary>
internal static class FilesServeCommand
{
    private const string Examples = """
          pentode files serve /srv/data --listen 127.0.0.1:5640
          pentode files serve /srv/a /srv/b --read-only --listen [::1]:5640 --unix /run/user/1000/9p.sock
        """;

    public static Command Create(CommonOptions common)
    {
        var directories = new Argument<string[]>("DIR")
        {
            Description = "Directories to export. Clients attach each by its absolute path; the first also answers an empty name.",
            Arity = ArgumentArity.OneOrMore,
        };
        var listen = new Option<string[]>("--listen")
        {
            Description = "TCP address; may be repeated. 127.0.0.1:564 when neither --listen nor --unix is given; port 0 lets the kernel choose.",
            HelpName = "HOST:PORT",
        };
        var unix = new Option<string[]>("--unix") { Description = "Unix socket; may be repeated.", HelpName = "SOCKET" };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes." };
        var serve = new DocumentedCommand("serve", "Serves directories over 9P2000.L until SIGTERM or Ctrl-C.", Examples) { directories, listen, unix, readOnly };
        serve.SetAction(async (parsed, _) =>
        {
            var addresses = new List<ListenerConfiguration>();
            foreach (var text in (parsed.GetValue(listen) ?? []).Concat((parsed.GetValue(unix) ?? []).Select(p => "unix:" + Path.GetFullPath(p))))
            {
                if (!ListenAddress.TryParse(text, out var address, out var problem))
                    return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
                addresses.Add(address);
            }

            var exports = parsed.GetValue(directories)!.Select(d => Path.TrimEndingDirectorySeparator(Path.GetFullPath(d))).Distinct(StringComparer.Ordinal)
                .Select(d => new TreeExportConfiguration { Name = d, Path = d, ReadOnly = parsed.GetValue(readOnly) });
            var files = new FilesConfiguration { Exports = [.. exports] };
            if (addresses.Count > 0)
                files = files with { Listen = addresses };
            return await DaemonRunner.RunAsync(common.Apply(parsed, new DaemonConfiguration { Files = files })).ConfigureAwait(false);
        });
        return serve;
    }
}
