using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.NineP.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary><c>pentode files ls [-l] [-R] [--json] URI</c>.</summary>
internal static class FilesListCommand
{
    private const string Examples = """
          pentode files ls 9p://server/srv/data
          pentode files ls -l '9p://server:5640/sub/dir?aname=/srv/data'
          pentode files ls -R --json 9p://server/srv/data | jq -r '.[] | select(.sizeBytes > 1e6) | .path'
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var uri = FilesUri.One();
        var isLong = new Option<bool>("-l", "--long") { Description = "Mode, links, owner, group, size and time of each." };
        var isRecursive = new Option<bool>("-R", "--recursive") { Description = "Directories below too." };
        var json = new Option<bool>("--json") { Description = "One JSON array of objects with path, name, type, mode, uid, gid, links, sizeBytes, modified and target." };
        var command = new DocumentedCommand("ls", "Lists a directory of a 9P server, hidden names included, in the order of their bytes.", Examples) { uri, isLong, isRecursive, json };
        command.SetAction(async (parsed, _) =>
        {
            var all = FilesUri.Parse([parsed.GetValue(uri)!]);
            if (all is null)
                return ExitCode.Usage;
            var form = new Form(parsed.GetValue(isLong), parsed.GetValue(isRecursive), parsed.GetValue(json));
            return await LoopRunner.RunAsync(common, parsed, loop => RunAsync(loop, all[0], form)).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(IoLoop loop, NinePUri uri, Form form)
    {
        var session = await FilesUri.OpenAsync(loop, uri).ConfigureAwait(true);
        if (session is null)
            return ExitCode.Failure;
        using var json = form.IsJson ? new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true }) : null;
        json?.WriteStartArray();
        var code = ExitCode.Ok;
        var node = await FilesUri.ResolveAsync(session, session.Path, followLast: true).ConfigureAwait(true);
        if (node.IsOk)
        {
            code = await ListAsync(session.Client, node.Value, uri, form, json).ConfigureAwait(true);
        }
        else
        {
            RemoteText.Report(uri.Text, node.Error);
            code = ExitCode.Failure;
        }

        json?.WriteEndArray();
        json?.Flush();
        if (json is not null)
            Console.WriteLine();
        await session.Client.CloseAsync().ConfigureAwait(true);
        return code;
    }

    private static async Task<int> ListAsync(NinePClient client, NinePNode start, NinePUri uri, Form form, Utf8JsonWriter? json)
    {
        if ((start.Qid.Type & NineP.Wire.Qid.Directory) == 0)
        {
            var one = await RemoteListing.DescribeAsync(client, start.Fid, uri.Path.Count > 0 ? uri.Path[^1] : "/"u8.ToArray()).ConfigureAwait(true);
            if (one.Error == Errno.None)
                Write([one], "", form, json);
            else
                RemoteText.Report(uri.Text, one.Error);
            return one.Error == Errno.None ? ExitCode.Ok : ExitCode.Failure;
        }

        var code = ExitCode.Ok;
        var pending = new Stack<(NinePNode Node, string Path, int Depth)>();
        pending.Push((start, "", 0));
        while (pending.TryPop(out var directory))
        {
            var listing = await RemoteListing.ReadAsync(client, directory.Node.Fid, form.NeedsAttributes).ConfigureAwait(true);
            if (listing.Error != Errno.None)
            {
                RemoteText.Report(directory.Path.Length == 0 ? uri.Text : directory.Path, listing.Error);
                code = ExitCode.Failure;
            }

            if (form.IsRecursive && json is null)
                Console.WriteLine((directory.Path.Length == 0 ? "." : RemoteText.Clean(directory.Path)) + ":");
            Write(listing.Entries, directory.Path, form, json);
            if (form.IsRecursive && json is null)
                Console.WriteLine();
            foreach (var entry in listing.Entries.Where(e => e.Error != Errno.None))
            {
                RemoteText.Report(Join(directory.Path, entry.Name), entry.Error);
                code = ExitCode.Failure;
            }

            if (form.IsRecursive && !await DescendAsync(client, directory, listing.Entries, pending).ConfigureAwait(true))
                code = ExitCode.Failure;
            client.Forget(directory.Node.Fid);
        }

        return code;
    }

    private static async Task<bool> DescendAsync(
        NinePClient client, (NinePNode Node, string Path, int Depth) directory, IReadOnlyList<RemoteEntry> entries, Stack<(NinePNode Node, string Path, int Depth)> pending)
    {
        var isGood = true;
        foreach (var entry in entries.Reverse().Where(e => e.IsDirectory))
        {
            var path = Join(directory.Path, entry.Name);
            var next = directory.Depth < RemoteListing.MaxDepth ? await client.Walk(directory.Node.Fid, entry.Name).ConfigureAwait(true) : Errno.ELOOP;
            if (next.IsOk)
            {
                pending.Push((next.Value, path, directory.Depth + 1));
                continue;
            }

            RemoteText.Report(path, next.Error);
            isGood = false;
        }

        return isGood;
    }

    private static void Write(IReadOnlyList<RemoteEntry> entries, string path, Form form, Utf8JsonWriter? json)
    {
        if (json is not null)
        {
            foreach (var entry in entries.Where(e => e.Error == Errno.None))
            {
                json.WriteStartObject();
                json.WriteString("path", Join(path, entry.Name));
                RemoteText.WriteJson(json, entry.Name, entry.Attributes, entry.Target);
                json.WriteEndObject();
            }

            return;
        }

        if (!form.IsLong)
        {
            using var output = Console.IsOutputRedirected ? Console.OpenStandardOutput() : null;
            foreach (var entry in entries)
            {
                // Programs get the bytes, people get what is safe to show.
                if (output is null)
                {
                    Console.WriteLine(RemoteText.Name(entry.Name));
                    continue;
                }

                output.Write(entry.Name);
                output.WriteByte((byte)'\n');
            }

            return;
        }

        var table = new TextTable("MODE", ">LINKS", ">UID", ">GID", ">SIZE", "MODIFIED", "NAME");
        foreach (var entry in entries.Where(e => e.Error == Errno.None))
        {
            var a = entry.Attributes;
            var name = RemoteText.Name(entry.Name) + (entry.Target is null ? "" : " -> " + RemoteText.Name(entry.Target));
            table.Add(RemoteText.Mode(a.Mode), Number(a.LinkCount), Number(a.Uid), Number(a.Gid), Number(a.Length), RemoteText.Time(a.ModifyTime, "yyyy-MM-dd HH:mm:ss"), name);
        }

        table.Write(Console.Out);
    }

    private static string Join(string path, byte[] name) => (path.Length == 0 ? "" : path + "/") + System.Text.Encoding.UTF8.GetString(name);

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed record Form(bool IsLong, bool IsRecursive, bool IsJson)
    {
        public bool NeedsAttributes => IsLong || IsJson;
    }
}
