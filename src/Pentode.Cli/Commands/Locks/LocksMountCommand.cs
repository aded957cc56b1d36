using System.CommandLine;
using Pentode.Cli.Commands.Mounting;
using Pentode.Daemon.Configuration;
using Pentode.Linux;

namespace Pentode.Cli.Commands.Locks;

/// <summary><c>pentode locks mount DIR...</c>: a daemon with nothing but locks.</summary>
internal static class LocksMountCommand
{
    private const string Examples = """
          pentode locks mount /dlm
          pentode locks mount --background --directory /srv/locks /dlm
          pentode locks mount /dlm /dlm2
        """;

    public static Command Create(CommonOptions common)
    {
        var directories = new Argument<string[]>("DIR")
        {
            Description = "Existing directories. The second and further ones act as nodes of their own: they exclude the others like another machine.",
            Arity = ArgumentArity.OneOrMore,
        };
        var store = new Option<string?>("--directory")
        {
            Description = "Where the embedded store keeps its journal; /var/lib/pentode/locks, or ~/.local/share/pentode/locks for plain users.",
            HelpName = "DIR",
        };
        var node = new Option<string?>("--node") { Description = "Name of the node; that of the host by default.", HelpName = "NAME" };
        var compatible = new Option<bool>("--compatible") { Description = "Answer like dlmfs in Linux to the letter." };
        var background = new Option<bool>("--background") { Description = "Return when the mounts are there and serve them in the background." };
        var detached = new Option<bool>(MountRunner.DetachedOption) { Hidden = true };
        var mount = new DocumentedCommand(
            "mount", "Mounts the lock tree on the embedded store, with nothing to install, until it is unmounted or told to stop.", Examples)
            { directories, store, node, compatible, background, detached };
        mount.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(background))
                return await MountRunner.StartInBackgroundAsync(Environment.GetCommandLineArgs().Skip(1).Where(a => a != "--background")).ConfigureAwait(false);
            if (parsed.GetValue(detached))
                ProcessSignals.LeaveTerminal();
            var defaults = new LocksConfiguration();
            var own = parsed.GetValue(node) ?? defaults.Node;
            var mounts = parsed.GetValue(directories)!.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)
                .Select((path, i) => new LocksMountConfiguration(path, i == 0 ? null : $"{own}-{i + 1}", Environment.IsPrivilegedProcess));
            var locks = defaults with
            {
                Directory = parsed.GetValue(store) is { } directory ? Path.GetFullPath(directory) : defaults.Directory,
                Node = own,
                IsCompatible = parsed.GetValue(compatible),
                Mounts = [.. mounts],
                EndsWithMounts = true,
            };
            return await DaemonRunner.RunAsync(common.Apply(parsed, new DaemonConfiguration { Locks = locks })).ConfigureAwait(false);
        });
        return mount;
    }
}
