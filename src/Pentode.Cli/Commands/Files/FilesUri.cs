using System.CommandLine;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Linux.Tree;
using Pentode.NineP.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary>URIs on the command line and the way to what they name.</summary>
internal static class FilesUri
{
    /// <summary>For the help of every command that takes one.</summary>
    public const string Help =
        "9p://[USER@]HOST[:PORT]/PATH or 9p+unix:///PATH?socket=SOCKET. Port 564 by default. PATH is looked for in the longest part of itself that the "
        + "server exports; ?aname=EXPORT names the export and leaves PATH below it. Also ?uid=N, ?uname=NAME and ?msize=BYTES, joined by '&'. "
        + "%XX stands for a byte: write %25 for '%' and %3F for '?'.";

    private const int MaxLinks = 40;

    /// <summary>The argument URI.</summary>
    public static Argument<string> One() => new("URI") { Description = Help };

    /// <summary>The argument URI, as often as one likes.</summary>
    public static Argument<string[]> Many() => new("URI") { Description = Help, Arity = ArgumentArity.OneOrMore };

    /// <summary>Reads all; null, and the reason is written, when one is wrong.</summary>
    public static List<NinePUri>? Parse(IEnumerable<string> texts)
    {
        var all = new List<NinePUri>();
        foreach (var text in texts)
        {
            if (!NinePUri.TryParse(text, out var uri, out var problem))
            {
                RemoteText.Report(text, problem);
                return null;
            }

            all.Add(uri);
        }

        return all;
    }

    /// <summary>Connects and attaches; the reason of a failure is written.</summary>
    public static async Task<NinePSession?> OpenAsync(IoLoop loop, NinePUri uri)
    {
        var self = Self();
        var options = new NinePClientOptions { Log = LoopRunner.Log };
        var session = await NinePSession.OpenAsync(loop, uri, options, Environment.UserName, self.Uid).ConfigureAwait(true);
        if (session.IsOk)
            return session.Value;
        RemoteText.Report(uri.Text, session.Error);
        return null;
    }

    /// <summary>User and group of this process.</summary>
    public static (uint Uid, uint Gid) Self()
    {
        var fd = TreeCalls.OpenPath("/proc/self", TreeCalls.PathOnly | TreeCalls.CloseOnExec);
        if (fd < 0)
            return (65534, 65534);
        var error = TreeCalls.Stat(fd, out var data);
        _ = TreeCalls.Close(fd);
        return error < 0 ? (65534, 65534) : (data.Uid, data.Gid);
    }

    /// <summary>
    /// A fid of a path below the root of a session. Links on the way are followed, and at the end with <paramref name="followLast"/>, as long as their targets are relative;
    /// none leads out of the export.
    /// </summary>
    public static async Task<Result<NinePNode>> ResolveAsync(NinePSession session, IReadOnlyList<byte[]> path, bool followLast)
    {
        var client = session.Client;
        var direct = await client.WalkPath(session.Root.Fid, path).ConfigureAwait(true);
        if (direct.IsOk && path.Count == 0)
            return direct.Value with { Qid = session.Root.Qid }; // a walk of no names answers no qid
        if (direct.IsOk ? !IsLink(direct.Value) || !followLast : direct.Error is not (Errno.ENOTDIR or Errno.ENOENT or Errno.ELOOP))
            return direct;
        if (direct.IsOk)
            client.Forget(direct.Value.Fid);
        var names = path.ToList();
        for (var links = 0; links < MaxLinks; links++)
        {
            var (node, at) = await WalkToLinkAsync(client, session.Root.Fid, names, followLast).ConfigureAwait(true);
            if (!node.IsOk || at < 0)
                return node;
            var target = await client.ReadLink(node.Value.Fid).ConfigureAwait(true);
            client.Forget(node.Value.Fid);
            if (!target.IsOk)
                return target.Error;
            if (!Follow(names, at, target.Value))
                return Errno.ELOOP;
        }

        return Errno.ELOOP;
    }

    private static bool IsLink(NinePNode node) => (node.Qid.Type & NineP.Wire.Qid.SymbolicLink) != 0;

    /// <summary>Walks to the end, or to the first link on the way, whose index it returns.</summary>
    private static async Task<(Result<NinePNode> Node, int At)> WalkToLinkAsync(NinePClient client, uint root, List<byte[]> names, bool followLast)
    {
        var start = await client.Clone(root).ConfigureAwait(true);
        if (!start.IsOk)
            return (start, -1);
        var node = start.Value;
        for (var i = 0; i < names.Count; i++)
        {
            var next = await client.Walk(node.Fid, names[i]).ConfigureAwait(true);
            client.Forget(node.Fid);
            if (!next.IsOk)
                return (next, -1);
            node = next.Value;
            if (IsLink(node) && (followLast || i < names.Count - 1))
                return (node, i);
        }

        return (node, -1);
    }

    private static bool Follow(List<byte[]> names, int at, byte[] target)
    {
        if (target.Length == 0 || target[0] == (byte)'/')
            return false;
        var tail = names[(at + 1)..];
        names.RemoveRange(at, names.Count - at);
        foreach (var range in SplitRanges(target))
        {
            var part = target[range];
            if (part.AsSpan().SequenceEqual(".."u8))
            {
                if (names.Count > 0)
                    names.RemoveAt(names.Count - 1);
            }
            else if (part.Length > 0 && !part.AsSpan().SequenceEqual("."u8))
            {
                names.Add(part);
            }
        }

        names.AddRange(tail);
        return names.Count <= 256;
    }

    private static List<Range> SplitRanges(byte[] target)
    {
        var all = new List<Range>();
        foreach (var range in MemoryExtensions.Split(target.AsSpan(), (byte)'/'))
            all.Add(range);
        return all;
    }
}
