using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Files;
using Pentode.NineP.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary><c>pentode files stat [--json] URI</c>.</summary>
internal static class FilesStatCommand
{
    private const string Examples = """
          pentode files stat 9p://server/srv/data/notes.txt
          pentode files stat --json 9p://server:5640/srv/data | jq .sizeBytes
        """;

    public static DocumentedCommand Create(CommonOptions common)
    {
        var uri = FilesUri.One();
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new DocumentedCommand("stat", "Shows the attributes of a file on a 9P server. A symbolic link at the end is not followed.", Examples) { uri, json };
        command.SetAction(async (parsed, _) =>
        {
            var all = FilesUri.Parse([parsed.GetValue(uri)!]);
            return all is null
                ? ExitCode.Usage
                : await LoopRunner.RunAsync(common, parsed, loop => RunAsync(loop, all[0], parsed.GetValue(json))).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(IoLoop loop, NinePUri uri, bool isJson)
    {
        var session = await FilesUri.OpenAsync(loop, uri).ConfigureAwait(true);
        if (session is null)
            return ExitCode.Failure;
        var client = session.Client;
        var error = Errno.None;
        var node = await FilesUri.ResolveAsync(session, session.Path, followLast: false).ConfigureAwait(true);
        if (node.IsOk)
        {
            var attributes = await client.GetAttributes(node.Value.Fid, NinePAttributes.All).ConfigureAwait(true);
            Result<byte[]>? target = attributes is { IsOk: true, Value.IsLink: true } ? await client.ReadLink(node.Value.Fid).ConfigureAwait(true) : default(Result<byte[]>?);
            error = attributes.Error;
            if (attributes.IsOk)
                Write(uri, attributes.Value, target?.ValueOrDefault, isJson);
        }
        else
        {
            error = node.Error;
        }

        await client.CloseAsync().ConfigureAwait(true);
        if (error == Errno.None)
            return ExitCode.Ok;
        RemoteText.Report(uri.Text, error);
        return ExitCode.Failure;
    }

    private static void Write(NinePUri uri, in NinePAttributes a, byte[]? target, bool isJson)
    {
        var name = uri.Path.Count > 0 ? uri.Path[^1] : "/"u8.ToArray();
        if (isJson)
        {
            using (var json = new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                RemoteText.WriteJson(json, name, a, target);
                json.WriteNumber("blocks", a.Blocks);
                json.WriteNumber("block_size_bytes", a.BlockSize);
                json.WriteNumber("device", a.Device);
                json.WriteNumber("inode", a.Qid.Path);
                json.WriteString("accessed", RemoteText.Iso(a.AccessTime));
                json.WriteString("changed", RemoteText.Iso(a.ChangeTime));
                if (a.HasBirthTime)
                    json.WriteString("born", RemoteText.Iso(a.BirthTime));
                json.WriteEndObject();
            }

            Console.WriteLine();
            return;
        }

        const string Format = "yyyy-MM-dd HH:mm:ss.fffffff zzz";
        var arrow = target is null ? "" : " -> " + RemoteText.Name(target);
        Line("File", RemoteText.Name(name) + arrow);
        Line("Type", RemoteText.Type(a.Mode));
        Line("Size", string.Create(CultureInfo.InvariantCulture, $"{a.Length} bytes, {a.Blocks} blocks of 512, {a.LinkCount} links"));
        Line("Mode", $"{Convert.ToString(a.Mode & 0xFFF, 8).PadLeft(4, '0')} {RemoteText.Mode(a.Mode)}");
        Line("Owner", string.Create(CultureInfo.InvariantCulture, $"{a.Uid}:{a.Gid}"));
        Line("Inode", a.Qid.Path.ToString(CultureInfo.InvariantCulture));
        Line("Access", RemoteText.Time(a.AccessTime, Format));
        Line("Modify", RemoteText.Time(a.ModifyTime, Format));
        Line("Change", RemoteText.Time(a.ChangeTime, Format));
        if (a.HasBirthTime)
            Line("Birth", RemoteText.Time(a.BirthTime, Format));
    }

    private static void Line(string label, string value) => Console.WriteLine($"{label + ":",-8}{value}");
}
