using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.NineP.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary><c>pentode files cat URI...</c>.</summary>
internal static class FilesCatCommand
{
    private const int ChunkBytes = 256 << 10;
    private const int Window = 8;

    private const string Examples = """
          pentode files cat 9p://server/srv/data/notes.txt
          pentode files cat '9p+unix:///notes.txt?socket=/run/9p.sock' | less
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var uris = FilesUri.Many();
        var command = new DocumentedCommand("cat", "Writes files of a 9P server to standard output, one after the other.", Examples) { uris };
        command.SetAction(async (parsed, _) =>
        {
            var all = FilesUri.Parse(parsed.GetValue(uris)!);
            return all is null ? ExitCode.Usage : await LoopRunner.RunAsync(common, parsed, loop => RunAsync(loop, all)).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(IoLoop loop, List<NinePUri> uris)
    {
        var code = ExitCode.Ok;
        using var output = Console.OpenStandardOutput();
        foreach (var uri in uris)
        {
            var session = await FilesUri.OpenAsync(loop, uri).ConfigureAwait(true);
            if (session is null)
            {
                code = ExitCode.Failure;
                continue;
            }

            try
            {
                var error = await CopyAsync(session, output).ConfigureAwait(true);
                if (error != Errno.None)
                {
                    RemoteText.Report(uri.Text, error);
                    code = ExitCode.Failure;
                }
            }
            catch (IOException e)
            {
                RemoteText.Report("standard output", e.Message);
                return ExitCode.Failure;
            }
            finally
            {
                await session.Client.CloseAsync().ConfigureAwait(true);
            }
        }

        return code;
    }

    private static async Task<Errno> CopyAsync(NinePSession session, Stream output)
    {
        var client = session.Client;
        var node = await FilesUri.ResolveAsync(session, session.Path, followLast: true).ConfigureAwait(true);
        if (!node.IsOk)
            return node.Error;
        if ((node.Value.Qid.Type & NineP.Wire.Qid.Directory) != 0)
            return Errno.EISDIR;
        var opened = await client.Open(node.Value.Fid, 0).ConfigureAwait(true);
        if (!opened.IsOk)
            return opened.Error;
        var reader = new NinePFileReader(client, node.Value.Fid, 0, Math.Min(ChunkBytes, opened.Value.IoUnit), Window);
        try
        {
            while (true)
            {
                var piece = await reader.ReadAsync().ConfigureAwait(true);
                if (!piece.IsOk)
                    return piece.Error;
                if (piece.Value.Length == 0)
                    return Errno.None;
#pragma warning disable CA1849, VSTHRD103 // the next pieces are on their way already; nothing else waits for this thread
                output.Write(piece.Value.Span);
#pragma warning restore CA1849, VSTHRD103
            }
        }
        finally
        {
            await reader.CloseAsync().ConfigureAwait(true);
        }
    }
}
