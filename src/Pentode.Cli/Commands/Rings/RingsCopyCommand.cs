using System.CommandLine;
using Pentode.Cli.Commands.Blocks;
using Pentode.Cli.Commands.Files;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Linux;
using Pentode.Rings.Client;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings copy SOCKET SOURCE TARGET</c>.</summary>
internal static class RingsCopyCommand
{
    private const int CreateOrEmpty = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_TRUNC | FileCalls.O_CLOEXEC;
    private const uint Mode = 0x1A4; // 0644, less the server's umask

    private const string Examples = """
          pentode rings copy /run/rings.sock settings.json /workspace/settings.json
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var json = RingsRunner.Json();
        var source = new Argument<string>("SOURCE") { Description = "Regular file, opened here and handed to the server as a descriptor; at most the bytes of one operation, see probe." };
        var target = new Argument<string>("TARGET") { Description = "File as the server sees it; it creates or empties it." };
        var command = new DocumentedCommand("copy", "Copies a small file to a place that only the server may reach.", Examples) { socket, source, target, json };
        command.SetAction((parsed, _) => RingsRunner.RunAsync(common, parsed, parsed.GetValue(socket)!, client =>
            RunAsync(client, parsed.GetValue(source)!, parsed.GetValue(target)!, parsed.GetValue(json))));
        return command;
    }

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
        {
            await ExportText.WriteJsonAsync(json =>
            {
                json.WriteStartObject();
                json.WriteString("source", source);
                json.WriteString("target", target);
                json.WriteNumber("size_bytes", size);
                json.WriteEndObject();
            }).ConfigureAwait(true);
        }

        return ExitCode.Ok;
    }
}
