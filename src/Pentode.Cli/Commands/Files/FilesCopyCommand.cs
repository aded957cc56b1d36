using System.CommandLine;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.NineP.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary><c>pentode files cp SRC... DST</c>.</summary>
internal static class FilesCopyCommand
{
    private const string Examples = """
          pentode files cp -r 9p://server/srv/data/project .
          pentode files cp -rp project 'notes and plans.txt' 9p://server:5640/srv/data
          pentode files cp -r '9p+unix:///?socket=/run/9p.sock&aname=/srv/data' backup
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var paths = new Argument<string[]>("SRC... DST")
        {
            Description = "What to copy, and where to. At least one of them is a 9P URI, the rest are local paths. If DST is a directory, copies are made in it. " + FilesUri.Help,
            Arity = new ArgumentArity(2, 100_000),
        };
        var recursive = new Option<bool>("-r", "--recursive") { Description = "Directories with all that is in them. Links are copied as links." };
        var preserve = new Option<bool>("-p", "--preserve") { Description = "Owner, group and set-id bits too; permissions and times are kept always." };
        var jobs = new Option<int>("--jobs") { Description = "Files at a time, 1 to 1024.", HelpName = "N", DefaultValueFactory = _ => 64 };
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress line; there is none anyway unless standard error is a terminal." };
        var fsync = new Option<bool>("--fsync") { Description = "Make every file durable before it counts as copied." };
        jobs.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1024)
                result.AddError("--jobs must be from 1 to 1024");
        });
        var command = new DocumentedCommand(
            "cp", "Copies files to, from or between 9P servers, many at a time. A file that fails is reported and the others are still copied; the exit code is then 1.", Examples)
        {
            paths, recursive, preserve, jobs, noProgress, fsync,
        };
        command.SetAction(async (parsed, _) =>
        {
            var texts = parsed.GetValue(paths)!;
            var problem = texts.Any(NinePUri.IsUri) ? null : "neither SRC nor DST is a 9P URI: that is what cp(1) is for";
            if (problem is not null)
            {
                await Console.Error.WriteLineAsync($"pentode: {problem}").ConfigureAwait(false);
                return ExitCode.Usage;
            }

            if (FilesUri.Parse(texts.Where(NinePUri.IsUri)) is null)
                return ExitCode.Usage;
            var options = new CopyOptions(parsed.GetValue(recursive), parsed.GetValue(preserve), parsed.GetValue(jobs), parsed.GetValue(fsync));
            var isVisible = !parsed.GetValue(noProgress) && !Console.IsErrorRedirected;
            return await LoopRunner.RunAsync(common, parsed, loop => RunAsync(loop, texts[..^1], texts[^1], options, isVisible)).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(IoLoop loop, string[] sources, string destination, CopyOptions options, bool isVisible)
    {
        Linux.Tree.TreeCalls.RaiseDescriptorLimit();
        using var progress = new CopyProgress(isVisible);
        var copier = new TreeCopier(loop, options, progress);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var end = await OpenAsync(loop, destination, options).ConfigureAwait(true);
        if (end is null)
            return ExitCode.Failure;
        var isGood = true;
        var target = await end.OpenTargetAsync().ConfigureAwait(true);
        if (!target.IsOk && (sources.Length > 1 || target.Error is not (Errno.ENOENT or Errno.ENOTDIR)))
        {
            RemoteText.Report(destination, target.Error);
            isGood = false;
        }
        else
        {
            foreach (var source in sources)
                isGood &= !copier.IsStopping && await CopyAsync(loop, copier, source, end, target, options).ConfigureAwait(true);
        }

        if (target.IsOk)
            await target.Value.FinishAsync(null).ConfigureAwait(true);
        await end.CloseAsync().ConfigureAwait(true);
        return isGood && !copier.HasFailed && !copier.IsStopping ? ExitCode.Ok : ExitCode.Failure;

        void Stop(PosixSignalContext context)
        {
            // The second one ends at once.
            context.Cancel = !copier.IsStopping;
            copier.IsStopping = true;
        }
    }

    private static async Task<bool> CopyAsync(IoLoop loop, TreeCopier copier, string text, ICopyEnd end, Result<ICopyTargetDirectory> target, CopyOptions options)
    {
        var from = await OpenAsync(loop, text, options).ConfigureAwait(true);
        if (from is null)
            return false;
        var source = await from.OpenSourceAsync(follow: !options.IsRecursive).ConfigureAwait(true);
        var error = source.Error;
        if (source.IsOk)
        {
            if (!target.IsOk)
                error = await CopyAsAsync(copier, source.Value, text, end).ConfigureAwait(true);
            else if (from.Name.Length > 0)
                await copier.CopyAsync(source.Value, target.Value, from.Name, text).ConfigureAwait(true);
            else
                await CopyContentAsync(copier, source.Value, target.Value, text, options).ConfigureAwait(true);
        }

        await from.CloseAsync().ConfigureAwait(true);
        if (error != Errno.None)
            RemoteText.Report(source.IsOk ? end.Text : text, error);
        return error == Errno.None;
    }

    /// <summary>DST is no directory: it becomes the copy.</summary>
    private static async Task<Errno> CopyAsAsync(TreeCopier copier, ICopySource source, string text, ICopyEnd end)
    {
        var parent = await end.OpenTargetParentAsync().ConfigureAwait(true);
        if (!parent.IsOk)
        {
            source.Close();
            return parent.Error;
        }

        await copier.CopyAsync(source, parent.Value, end.Name, text).ConfigureAwait(true);
        return await parent.Value.FinishAsync(null).ConfigureAwait(true);
    }

    /// <summary>A root has no name to be copied under: what is in it is copied.</summary>
    private static async Task CopyContentAsync(TreeCopier copier, ICopySource source, ICopyTargetDirectory target, string text, CopyOptions options)
    {
        if (!source.Attributes.IsDirectory || !options.IsRecursive)
        {
            copier.Refuse(text, source.Attributes.IsDirectory ? "is a directory; copy it with -r" : "has no name; name DST in full");
            source.Close();
            return;
        }

        var directory = source.Enter();
        await copier.CopyContentAsync(directory, target, text).ConfigureAwait(true);
        directory.Close();
    }

    private static async Task<ICopyEnd?> OpenAsync(IoLoop loop, string text, CopyOptions options)
    {
        if (!NinePUri.TryParse(text, out var uri, out _))
            return new LocalEnd(text, new LocalTree(loop, options));
        var session = await FilesUri.OpenAsync(loop, uri).ConfigureAwait(true);
        return session is null ? null : new RemoteEnd(uri, session, new RemoteTree(session.Client, options, FilesUri.Self().Gid));
    }
}
