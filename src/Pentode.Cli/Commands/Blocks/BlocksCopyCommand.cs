using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Nbd.Client;

namespace Pentode.Cli.Commands.Blocks;

/// <summary><c>pentode blocks copy SOURCE TARGET</c>.</summary>
internal static class BlocksCopyCommand
{
    private const string Examples = """
          pentode blocks copy nbd://server/disk disk.img
          pentode blocks copy disk.img nbd://server/disk
          pentode blocks copy nbd://old/disk nbd://new/disk --connections 4
          pentode blocks copy nbd://server/disk - | zstd > disk.zst
        """;

    private const int MaxRequestBytes = 32 << 20;
    private const int ProgressMs = 200;

    public static Command Create(CommonOptions common)
    {
        var source = new Argument<string>("SOURCE") { Description = "NBD URI, file or block device to read; - for standard input, till it ends." };
        var target = new Argument<string>("TARGET") { Description = "NBD URI, file or block device to write; a file is created or replaced; - for standard output." };
        var requests = new Option<int>("--requests") { Description = "Requests under way per connection.", HelpName = "N", DefaultValueFactory = _ => 64 };
        requests.Aliases.Add("--jobs");
        var connections = new Option<int>("--connections")
        {
            Description = "Connections (each with a thread), where the server lets several work together; by default one per processor, at most 4.",
            HelpName = "N", DefaultValueFactory = _ => Math.Min(4, Environment.ProcessorCount),
        };
        var requestSize = new Option<string>("--request-size") { Description = "Bytes of one request: 4KiB to 32MiB, a power of two.", HelpName = "SIZE", DefaultValueFactory = _ => "256KiB" };
        var flush = new Option<bool>("--flush") { Description = "Make the copy durable before the command ends; --flush=false does without.", DefaultValueFactory = _ => true };
        var noSparse = new Option<bool>("--no-sparse") { Description = "Read and write holes and zeroes like data." };
        var targetIsZero = new Option<bool>("--target-is-zero") { Description = "The target reads as zero already: write no zeroes." };
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress line; there is none either when standard error is no terminal." };
        var command = new DocumentedCommand("copy", "Copies a disk: between exports of servers, and from and to files and devices.", Examples)
        {
            source, target, requests, connections, requestSize, flush, noSparse, targetIsZero, noProgress,
        };
        requests.Validators.Add(r => InRange(r.GetValueOrDefault<int>(), 1, 1024, r));
        connections.Validators.Add(r => InRange(r.GetValueOrDefault<int>(), 1, 16, r));
        command.SetAction(async (parsed, _) =>
        {
            var from = parsed.GetValue(source)!;
            var to = parsed.GetValue(target)!;
            foreach (var side in new[] { from, to })
            {
                if (NbdUri.LooksLikeUri(side) && !NbdUri.TryParse(side, out var _, out var problem))
                    return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
            }

            if (!NbdUri.LooksLikeUri(from) && !NbdUri.LooksLikeUri(to))
                return await UsageProblems.RefuseAsync("one of SOURCE and TARGET must be an NBD URI; use cp between files").ConfigureAwait(false);
            if (!Quantity.TryParseSize(parsed.GetValue(requestSize)!, out var bytes) || bytes is < 4096 or > MaxRequestBytes || !long.IsPow2(bytes))
                return await UsageProblems.RefuseAsync("--request-size must be a power of two from 4KiB to 32MiB").ConfigureAwait(false);
            var options = new CopyOptions
            {
                Requests = parsed.GetValue(requests),
                RequestBytes = (int)bytes,
                Flush = parsed.GetValue(flush),
                Sparse = !parsed.GetValue(noSparse),
                TargetIsZero = parsed.GetValue(targetIsZero),
            };
            var engine = common.Apply(parsed, new DaemonConfiguration()).Engine.Kind;
            var showProgress = !parsed.GetValue(noProgress) && !Console.IsErrorRedirected;
            return await RunAsync(engine, parsed.GetValue(connections), from, to, options, showProgress).ConfigureAwait(false);
        });
        return command;
    }

    private static void InRange(int value, int least, int most, System.CommandLine.Parsing.OptionResult result)
    {
        if (value < least || value > most)
            result.AddError($"{result.IdentifierToken?.Value} must be from {least} to {most}");
    }

    private static async Task<int> RunAsync(string engine, int connections, string from, string to, CopyOptions options, bool showProgress)
    {
        var isStream = from == "-" || to == "-";
        var loops = await ClientLoops.StartAsync(engine, isStream ? 1 : connections).ConfigureAwait(false);
        if (loops is null)
            return ExitCode.Failure;
        await using var _ = loops.ConfigureAwait(false);
        if (isStream)
            return await CopyStreamAsync(loops, from, to, options).ConfigureAwait(false);
        var (source, problem) = await CopyEnd.OpenSourceAsync(from, loops.All).ConfigureAwait(false);
        if (source is null)
            return await CommandFailure.ReportAsync(problem!).ConfigureAwait(false);
        await using var __ = source.ConfigureAwait(false);
        (var target, problem) = await CopyEnd.OpenTargetAsync(to, source.Backend.Info.Size, loops.All).ConfigureAwait(false);
        if (target is null)
            return await CommandFailure.ReportAsync(problem!).ConfigureAwait(false);
        await using var ___ = target.ConfigureAwait(false);

        // Lanes run only where both sides have a connection of their own.
        var used = Math.Min(loops.All.Count, Math.Min(source.Loops, target.Loops));
        var copier = new BlockCopier(source.Backend, target.Backend, options with { TargetIsZero = options.TargetIsZero || target.IsZero });
        var copying = copier.RunAsync([.. loops.All.Take(used)]);
        if (showProgress)
            await ShowAsync(copier, source.Backend.Info.Size, copying).ConfigureAwait(false);
        if (await copying.ConfigureAwait(false) is not { } failure)
            return ExitCode.Ok;
        var side = failure.Operation is "reading" or "asking for extents" ? source : target;
        return await ReportAsync(side, failure).ConfigureAwait(false);
    }

    // One connection, in order: a stream has no size to begin with and no places to go to.
    private static async Task<int> CopyStreamAsync(ClientLoops loops, string from, string to, CopyOptions options)
    {
        var (disk, problem) = from == "-"
            ? await CopyEnd.OpenTargetAsync(to, 0, loops.All).ConfigureAwait(false)
            : await CopyEnd.OpenSourceAsync(from, loops.All).ConfigureAwait(false);
        if (disk is null)
            return await CommandFailure.ReportAsync(problem!).ConfigureAwait(false);
        await using var _ = disk.ConfigureAwait(false);
        var copier = new StreamCopier(loops.All[0], disk.Backend, options);
        try
        {
            // Not the console's stream, which takes a pipe that nobody reads any more for one that does.
            using var handle = new SafeFileHandle(from == "-" ? 0 : 1, ownsHandle: false);
            var stream = new FileStream(handle, from == "-" ? FileAccess.Read : FileAccess.Write, bufferSize: 0);
            await using var __ = stream.ConfigureAwait(false);
            var failure = await ClientLoops.RunAsync(loops.All[0], () => from == "-" ? copier.WriteAsync(stream) : copier.ReadAsync(stream)).ConfigureAwait(false);
            return failure is null ? ExitCode.Ok : await ReportAsync(disk, failure).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return await CommandFailure.ReportAsync($"standard {(from == "-" ? "input" : "output")}: {e.Message}").ConfigureAwait(false);
        }
    }

    private static Task<int> ReportAsync(CopyEnd side, CopyFailure failure)
    {
        var where = $"{failure.Operation} {failure.Length} bytes at offset {failure.Offset} failed: {ErrnoText.Describe(failure.Error)}";
        return CommandFailure.ReportAsync($"{side.Name}: {where}{(side.Problem is { } cause ? $" ({cause})" : "")}");
    }

    private static async Task ShowAsync(BlockCopier copier, long size, Task copying)
    {
        var watch = Stopwatch.StartNew();
        var isLast = false;
        while (!isLast)
        {
            await Task.WhenAny(copying, Task.Delay(ProgressMs)).ConfigureAwait(false);
            isLast = copying.IsCompleted;
            var done = copier.DoneBytes;
            var percent = size == 0 ? 100 : 100.0 * done / size;
            var speed = Quantity.FormatSize((long)(done / Math.Max(watch.Elapsed.TotalSeconds, 0.001)));
            await Console.Error.WriteAsync(string.Create(
                CultureInfo.InvariantCulture, $"\r{percent,5:0.0}%  {Quantity.FormatSize(done)} of {Quantity.FormatSize(size)}  {speed}/s   ")).ConfigureAwait(false);
        }

        await Console.Error.WriteLineAsync().ConfigureAwait(false);
    }
}
