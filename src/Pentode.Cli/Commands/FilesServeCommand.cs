using System.CommandLine;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode files serve DIR...</c>.</summary>
internal static class FilesServeCommand
{
    private const string Examples = """
          pentode files serve /srv/data --listen 127.0.0.1:5640
          pentode files serve /srv/data --nfs 127.0.0.1:2049
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
        var nfs = new Option<string[]>("--nfs")
        {
            Description = "Serve NFS 2 and 3 (and MOUNT, on the same port) at this address; may be repeated. Without --listen and --unix nothing else is served.",
            HelpName = "HOST:PORT",
        };
        var udp = new Option<bool>("--nfs-udp") { Description = "NFS over UDP too." };
        var keepRoot = new Option<bool>("--no-root-squash") { Description = "NFS: root of a client is root here; otherwise it is nobody." };
        var state = new Option<string?>("--state") { Description = "NFS: directory for the key of file handles; /var/lib/pentode as root, ~/.local/share/pentode otherwise.", HelpName = "DIR" };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes." };
        var serve = new DocumentedCommand("serve", "Serves directories over 9P2000.L, NFS or both until SIGTERM or Ctrl-C.", Examples) { directories, listen, unix, nfs, udp, keepRoot, state, readOnly };
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
            var nfsAddresses = new List<ListenerConfiguration>();
            foreach (var text in parsed.GetValue(nfs) ?? [])
            {
                if (!ListenAddress.TryParse(text, out var address, out var problem))
                    return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
                if (address.UnixPath is not null)
                    return await UsageProblems.RefuseAsync("--nfs needs HOST:PORT: NFS clients come over TCP").ConfigureAwait(false);
                nfsAddresses.Add(address);
            }

            if (nfsAddresses.Count == 0 && (parsed.GetValue(udp) || parsed.GetValue(keepRoot) || parsed.GetValue(state) is not null))
                return await UsageProblems.RefuseAsync("--nfs-udp, --no-root-squash and --state need --nfs").ConfigureAwait(false);
            if (addresses.Count > 0 || nfsAddresses.Count > 0)
                files = files with { Listen = addresses };
            var configuration = new DaemonConfiguration { Files = files };
            if (nfsAddresses.Count > 0)
            {
                configuration = configuration with
                {
                    Nfs = new NfsConfiguration
                    {
                        Listen = nfsAddresses,
                        Udp = parsed.GetValue(udp),
                        State = parsed.GetValue(state) is { } directory ? Path.GetFullPath(directory) : null,
                        Exports = [new NfsExportConfiguration { Squash = parsed.GetValue(keepRoot) ? SquashKind.None : SquashKind.Root }],
                    },
                };
            }

            return await DaemonRunner.RunAsync(common.Apply(parsed, configuration)).ConfigureAwait(false);
        });
        return serve;
    }
}
