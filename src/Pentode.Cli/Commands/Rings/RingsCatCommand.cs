using System.CommandLine;
using Pentode.Cli.Commands.Files;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Linux;
using Pentode.Rings.Client;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings cat SOCKET PATH...</c>.</summary>
internal static class RingsCatCommand
{
    private const string Examples = """
          pentode rings cat /run/rings.sock /etc/hostname
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Files as the server sees them; it opens them. Protocol 1 carries small files only: less than the bytes of one operation, see probe.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new DocumentedCommand("cat", "Writes small files that the server opens to standard output.", Examples) { socket, paths };
        command.SetAction((parsed, _) => RingsRunner.RunAsync(common, parsed, parsed.GetValue(socket)!, async client =>
        {
            var code = ExitCode.Ok;
            using var output = Console.OpenStandardOutput();
            var buffer = new byte[client.Server.IoBytesMax];
            foreach (var path in parsed.GetValue(paths)!)
            {
                if (!await CatAsync(client, path, buffer, output).ConfigureAwait(true))
                    code = ExitCode.Failure;
                if (client.Problem is not null)
                    break;
            }

            return code;
        }));
        return command;
    }

    private static async Task<bool> CatAsync(RingsClient client, string path, byte[] buffer, Stream output)
    {
        var opened = await client.OpenAt(path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC).ConfigureAwait(true);
        if (!opened.IsOk)
            return Refuse(client, path, opened.Error);
        var read = await client.Read(isSocket: false, (uint)opened.Value, buffer).ConfigureAwait(true);
        var closed = await client.Close((uint)opened.Value).ConfigureAwait(true);
        if (!read.IsOk || !closed.IsOk)
            return Refuse(client, path, read.IsOk ? closed.Error : read.Error);

        // A full buffer may be the whole file or its beginning: the protocol cannot tell.
        if (read.Value == buffer.Length)
        {
            RemoteText.Report(path, RingsRunner.TooLarge(client, $"has {buffer.Length} bytes or more"));
            return false;
        }

        try
        {
            await output.WriteAsync(buffer.AsMemory(0, read.Value)).ConfigureAwait(true);
            return true;
        }
        catch (IOException e)
        {
            RemoteText.Report("standard output", e.Message);
            return false;
        }
    }

    private static bool Refuse(RingsClient client, string path, Errno error)
    {
        RingsRunner.Report(client, path, error);
        return false;
    }
}
