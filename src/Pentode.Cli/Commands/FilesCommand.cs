using System.CommandLine;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode files serve DIR...</c>.</summary>
internal static class FilesCommand
{
    public static Command Create(CommonOptions common)
    {
        var directories = new Argument<string[]>("DIR") { Description = "Directories to export, each under its absolute path.", Arity = ArgumentArity.OneOrMore };
        var listen = new Option<string[]>("--listen") { Description = "TCP address; 127.0.0.1:564 by default, port 0 lets the kernel choose.", HelpName = "HOST:PORT" };
        var unix = new Option<string[]>("--unix") { Description = "Unix socket.", HelpName = "SOCKET" };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes." };
        var serve = new Command("serve", "Serves directories over 9P2000.L.") { directories, listen, unix, readOnly };
        serve.SetAction(async (parsed, _) =>
        {
            var addresses = new List<ListenAddress>();
            foreach (var text in (parsed.GetValue(listen) ?? []).Concat((parsed.GetValue(unix) ?? []).Select(p => "unix:" + Path.GetFullPath(p))))
            {
                if (!ListenAddress.TryParse(text, out var address, out var problem))
                {
                    await Console.Error.WriteLineAsync($"pentode: {problem}").ConfigureAwait(false);
                    return ExitCode.Usage;
                }

                addresses.Add(address);
            }

            var exports = parsed.GetValue(directories)!.Select(d => Path.TrimEndingDirectorySeparator(Path.GetFullPath(d))).Distinct(StringComparer.Ordinal)
                .Select(d => new TreeExportConfiguration { Name = d, Path = d, ReadOnly = parsed.GetValue(readOnly) });
            var files = new FilesConfiguration { Exports = [.. exports] };
            if (addresses.Count > 0)
                files = files with { Listen = addresses };
            return await DaemonRunner.RunAsync(common.Apply(parsed, new DaemonConfiguration { Files = files })).ConfigureAwait(false);
        });
        return new Command("files", "Directories over 9P2000.L.") { serve };
    }
}
