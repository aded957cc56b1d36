using System.CommandLine;
using Pentode.Cli.Commands.Blocks;
using Pentode.Cli.Commands.Files;
using Pentode.Core;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Linux;
using Pentode.Rings.Client;
using Pentode.Rings.Client.V2;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings copy SOCKET SOURCE TARGET</c>.</summary>
internal static class RingsCopyCommand
{
    private const int CreateOrEmpty = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_TRUNC | FileCalls.O_CLOEXEC;
    private const uint Mode = 0x1A4; // 0644, less the server's umask
    private const int PathBytes = 64 << 10;

    private const int LeastPiece = 4096;
    private const int MostPiece = 16 << 20;
    private const int MostPieces = 64;

    private const string Examples = """
          pentode rings copy /run/rings.sock image.raw /workspace/image.raw
          pentode rings copy --request-size 4MiB --requests 4 /run/rings.sock image.raw /workspace/image.raw
          pentode rings copy --protocol 1 /run/rings.sock settings.json /workspace/settings.json
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var json = RingsRunner.Json();
        var source = new Argument<string>("SOURCE") { Description = "Regular file, opened here and handed to the server as a descriptor. With protocol 1 at most the bytes of one operation, see probe." };
        var target = new Argument<string>("TARGET") { Description = "File as the server sees it; it creates or empties it." };
        var protocol = new Option<string>("--protocol") { Description = "2: through shared memory; 1: through the socket. By default 2 where the server speaks it.", HelpName = "N" };
        protocol.AcceptOnlyFromAmong("1", "2");
        var requests = new Option<int>("--requests") { Description = "Pieces under way.", HelpName = "N", DefaultValueFactory = _ => 8 };
        UsageProblems.RequireNumber(requests, 1, MostPieces);

        // Small enough to stay in the cache of one processor between its two halves.
        var requestSize = new Option<string>("--request-size") { Description = "Bytes of a piece: 4KiB to 16MiB, a power of two.", HelpName = "SIZE", DefaultValueFactory = _ => "256KiB" };
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress line; there is none either when standard error is no terminal." };
        var command = new DocumentedCommand("copy", "Copies a file to a place that only the server may reach.", Examples) { socket, source, target, protocol, requests, requestSize, noProgress, json };
        command.SetAction(async (parsed, _) =>
        {
            if (!Quantity.TryParseSize(parsed.GetValue(requestSize)!, out var bytes) || bytes is < LeastPiece or > MostPiece || !long.IsPow2(bytes))
                return await UsageProblems.RefuseAsync("--request-size must be a power of two from 4KiB to 16MiB").ConfigureAwait(false);
            var paths = (parsed.GetValue(source)!, parsed.GetValue(target)!, parsed.GetValue(json));
            var isVisible = !parsed.GetValue(noProgress) && !Console.IsErrorRedirected;
            var path = parsed.GetValue(socket)!;
            return await LoopRunner.RunAsync(common, parsed, async loop =>
            {
                if (parsed.GetValue(protocol) != "1")
                {
                    var pieces = parsed.GetValue(requests);
                    var options = new RingsClient2Options { RegionBytes = (bytes * pieces) + PathBytes };
                    var (client, problem) = await RingsClient2.ConnectAsync(loop, path, options).ConfigureAwait(true);
                    if (client is not null)
                        return await SharedAsync(client, paths, (int)bytes, pieces, isVisible).ConfigureAwait(true);
                    if (problem!.Error != Errno.EPROTONOSUPPORT || parsed.GetValue(protocol) == "2")
                        return await CommandFailure.ReportAsync(RemoteText.Clean(problem.Message)).ConfigureAwait(true);
                }

                return await RingsRunner.RunAsync(loop, path, client => RunAsync(client, paths.Item1, paths.Item2, paths.Item3)).ConfigureAwait(true);
            }).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> SharedAsync(RingsClient2 client, (string Source, string Target, bool IsJson) paths, int pieceBytes, int pieces, bool isVisible)
    {
        await using var _ = client.ConfigureAwait(true);
        var file = FileCalls.Open(paths.Source, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK);
        if (file < 0)
        {
            RemoteText.Report(paths.Source, (Errno)(-file));
            return ExitCode.Failure;
        }

        var size = FileCalls.Size(file);
        string? problem;
        try
        {
            if (!FileCalls.IsRegular(file))
                return await CommandFailure.ReportAsync($"{RemoteText.Clean(paths.Source)}: not a regular file").ConfigureAwait(true);
            using var progress = new CopyProgress(isVisible);
            problem = await new SharedCopy(client, paths.Source, paths.Target, pieceBytes, pieces, progress).RunAsync(file, size).ConfigureAwait(true);
            progress.AddFile(problem is null);
        }
        finally
        {
            FileCalls.Close(file);
        }

        if (problem is not null)
            return await CommandFailure.ReportAsync(problem).ConfigureAwait(true);
        if (paths.IsJson)
            await WriteAsync(paths.Source, paths.Target, size, 2).ConfigureAwait(true);
        return ExitCode.Ok;
    }

    private static Task WriteAsync(string source, string target, long size, int protocol) => ExportText.WriteJsonAsync(json =>
    {
        json.WriteStartObject();
        json.WriteString("source", source);
        json.WriteString("target", target);
        json.WriteNumber("size_bytes", size);
        json.WriteNumber("protocol", protocol);
        json.WriteEndObject();
    });

    private static async Task<int> RunAsync(RingsClient client, string source, string target, bool isJson)
    {
        var file = FileCalls.Open(source, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK);
        if (file < 0)
            return RingsRunner.Report(client, source, (Errno)(-file));
        uint input;
        long size;
        try
        {
            size = FileCalls.Size(file);
            if (!FileCalls.IsRegular(file))
                return await CommandFailure.ReportAsync($"{RemoteText.Clean(source)}: not a regular file").ConfigureAwait(true);
            if (size > client.Server.IoBytesMax)
                return await CommandFailure.ReportAsync($"{RemoteText.Clean(source)}: {RingsRunner.TooLarge(client, $"has {size} bytes")}").ConfigureAwait(true);
            var registered = await client.RegisterDescriptor(file).ConfigureAwait(true);
            if (!registered.IsOk)
                return RingsRunner.Report(client, source, registered.Error);
            input = registered.Value.Resource;
        }
        finally
        {
            FileCalls.Close(file);
        }

        // The source is read before the target is emptied.
        var buffer = new byte[client.Server.IoBytesMax];
        var read = await client.Read(isSocket: false, input, buffer).ConfigureAwait(true);
        if (!read.IsOk)
            return RingsRunner.Report(client, source, read.Error);
        if (read.Value != size)
            return await CommandFailure.ReportAsync($"{RemoteText.Clean(source)}: changed while it was read").ConfigureAwait(true);
        var opened = await client.OpenAt(target, CreateOrEmpty, Mode).ConfigureAwait(true);
        if (!opened.IsOk)
            return RingsRunner.Report(client, target, opened.Error);
        if (size > 0)
        {
            var written = await client.Write(isSocket: false, (uint)opened.Value, buffer.AsMemory(0, (int)size)).ConfigureAwait(true);
            if (!written.IsOk)
                return RingsRunner.Report(client, target, written.Error);
            if (written.Value < size)
                return await CommandFailure.ReportAsync($"{RemoteText.Clean(target)}: only {written.Value} of {size} bytes were written, and protocol 1 has no offsets to continue at").ConfigureAwait(true);
        }

        var closed = await client.Close((uint)opened.Value).ConfigureAwait(true);
        if (!closed.IsOk)
            return RingsRunner.Report(client, target, closed.Error);
        var released = await client.Release(input).ConfigureAwait(true);
        if (!released.IsOk)
            return RingsRunner.Report(client, source, released.Error);
        if (isJson)
            await WriteAsync(source, target, size, 1).ConfigureAwait(true);
        return ExitCode.Ok;
    }
}
