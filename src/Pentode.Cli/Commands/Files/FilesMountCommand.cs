using System.CommandLine;
using Pentode.Cli.Commands.Mounting;
using Pentode.Core;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Files.Host;
using Pentode.Fuse;
using Pentode.NineP.Client;
using Pentode.NineP.Client.Tree;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary><c>pentode files mount DIR_OR_URI MOUNTPOINT</c>.</summary>
internal static class FilesMountCommand
{
    private const string Examples = """
          pentode files mount 9p://server/srv/data /mnt/data
          pentode files mount --background --read-only /srv/data /mnt/view
          pentode files mount '9p+unix:///srv/data?socket=/run/9p.sock' /mnt/data -o attr_timeout=5,allow_other
        """;

    public static Command Create(CommonOptions common)
    {
        var source = new Argument<string>("DIR_OR_URI") { Description = "A directory of this host, or " + FilesUri.Help };
        var target = new Argument<string>("MOUNTPOINT") { Description = "An existing directory." };
        var words = new Option<string[]>("--options", "-o") { Description = MountOptions.Help, HelpName = "WORDS" };
        var background = new Option<bool>("--background") { Description = "Return when the mount is there and serve it in the background." };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes; the same as -o ro." };
        var detached = new Option<bool>(MountRunner.DetachedOption) { Hidden = true };
        var mount = new DocumentedCommand(
            "mount", "Shows a directory or a 9P export as a file system (FUSE), until it is unmounted or told to stop.", Examples)
            { source, target, words, background, readOnly, detached };
        mount.SetAction(async (parsed, _) =>
        {
            var isUri = NinePUri.TryParse(parsed.GetValue(source)!, out var uri, out var problem);
            var text = parsed.GetValue(source)!;
            if (!isUri && text.StartsWith("9p", StringComparison.Ordinal) && text.Contains("://", StringComparison.Ordinal))
                return await UsageProblems.RefuseAsync($"{text}: {problem}").ConfigureAwait(false);
            var options = new FuseOptions
            {
                Source = isUri ? uri!.Text : Path.GetFullPath(text),
                AllowOther = Environment.IsPrivilegedProcess,
                ReadOnly = parsed.GetValue(readOnly),

                // A server hears of one user, who mounts: the kernel has to check the others.
                DefaultPermissions = isUri,
            };
            if (MountOptions.Apply(parsed.GetValue(words) ?? [], ref options) is { } wrong)
                return await UsageProblems.RefuseAsync(wrong).ConfigureAwait(false);
            if (parsed.GetValue(background))
                return await MountRunner.StartInBackgroundAsync(Environment.GetCommandLineArgs().Skip(1).Where(a => a != "--background")).ConfigureAwait(false);
            var volume = new VolumeOptions { ReadOnly = options.ReadOnly, AllowDevices = true };
            return await MountRunner.RunAsync(
                common.Apply(parsed, new DaemonConfiguration()), parsed.GetValue(target)!, options, parsed.GetValue(detached),
                loop => isUri ? OpenRemoteAsync(loop, uri!, volume) : Task.FromResult(OpenHost(text, volume))).ConfigureAwait(false);
        });
        return mount;
    }

    private static (Volume? Volume, string? Problem) OpenHost(string path, VolumeOptions options)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var tree = HostTree.Open(full, new HostTreeOptions());
        return tree.IsOk
            ? (new Volume(full, tree.Value, options), null)
            : (null, $"cannot open {full}: {Daemon.Services.ErrnoText.Describe(tree.Error)}");
    }

    private static async Task<(Volume? Volume, string? Problem)> OpenRemoteAsync(IoLoop loop, NinePUri uri, VolumeOptions options)
    {
        var self = FilesUri.Self();
        var tree = await NinePTree.OpenAsync(loop, uri, new NinePClientOptions { Log = LoopRunner.Log }, Environment.UserName, self.Uid).ConfigureAwait(true);
        return tree.IsOk
            ? (new Volume(uri.Text, tree.Value, options), null)
            : (null, $"cannot mount {RemoteText.Clean(uri.Text)}: {Daemon.Services.ErrnoText.Describe(tree.Error)}");
    }
}
