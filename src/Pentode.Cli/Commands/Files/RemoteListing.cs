using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Client;

namespace Pentode.Cli.Commands.Files;

/// <summary>A directory of a server, in the order of the names' bytes.</summary>
/// <param name="Entries">What could be read.</param>
/// <param name="Error">Why it is not complete.</param>
internal sealed record RemoteListing(IReadOnlyList<RemoteEntry> Entries, Errno Error)
{
    /// <summary>Directories within directories.</summary>
    public const int MaxDepth = 1024;

    /// <summary>Entries of one directory; a server may make them up without end.</summary>
    private const int MaxEntries = 16 << 20;

    private const int AtOnce = 128;

    /// <summary>Lists the directory of a fid, which stays as it is.</summary>
    public static async Task<RemoteListing> ReadAsync(NinePClient client, uint fid, bool withAttributes)
    {
        var entries = new List<NinePEntry>();
        var error = await ReadNamesAsync(client, fid, entries).ConfigureAwait(true);
        entries.RemoveAll(e => e.Name.AsSpan().SequenceEqual("."u8) || e.Name.AsSpan().SequenceEqual(".."u8));
        entries.Sort((a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        var all = new RemoteEntry[entries.Count];
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, withAttributes ? all.Length : 1)).Select(_ => FillAsync())).ConfigureAwait(true);
        return new RemoteListing(all, error);

        async Task FillAsync()
        {
            while (next < all.Length)
            {
                var i = next++;
                all[i] = withAttributes
                    ? await LookAsync(client, fid, entries[i]).ConfigureAwait(true)
                    : new RemoteEntry(entries[i].Name, entries[i].Qid, default, null, Errno.None);
            }
        }
    }

    /// <summary>Attributes, and the target of a link, of a fid.</summary>
    public static async Task<RemoteEntry> DescribeAsync(NinePClient client, uint fid, byte[] name)
    {
        var attributes = await client.GetAttributes(fid).ConfigureAwait(true);
        if (!attributes.IsOk)
            return new RemoteEntry(name, default, default, null, attributes.Error);
        byte[]? target = null;
        if (attributes.Value.IsLink)
        {
            var read = await client.ReadLink(fid).ConfigureAwait(true);
            target = read.ValueOrDefault;
        }

        return new RemoteEntry(name, attributes.Value.Qid, attributes.Value, target, Errno.None);
    }

    private static async Task<RemoteEntry> LookAsync(NinePClient client, uint directory, NinePEntry entry)
    {
        if (!new FileName(entry.Name).IsValid)
            return new RemoteEntry(entry.Name, default, default, null, Errno.EINVAL);
        var node = await client.Walk(directory, entry.Name).ConfigureAwait(true);
        if (!node.IsOk)
            return new RemoteEntry(entry.Name, default, default, null, node.Error);
        var seen = await DescribeAsync(client, node.Value.Fid, entry.Name).ConfigureAwait(true);
        client.Forget(node.Value.Fid);
        return seen;
    }

    private static async Task<Errno> ReadNamesAsync(NinePClient client, uint fid, List<NinePEntry> entries)
    {
        var clone = await client.Clone(fid).ConfigureAwait(true);
        if (!clone.IsOk)
            return clone.Error;
        var opened = await client.Open(clone.Value.Fid, RemoteFlags.Directory).ConfigureAwait(true);
        var error = opened.Error;
        ulong cookie = 0;
        while (error == Errno.None)
        {
            var read = await client.ReadEntries(clone.Value.Fid, cookie, entries).ConfigureAwait(true);
            error = entries.Count > MaxEntries ? Errno.EOVERFLOW : read.Error;
            if (error != Errno.None || read.Value == 0)
                break;
            cookie = entries[^1].Cookie;
        }

        client.Forget(clone.Value.Fid);
        return error;
    }
}
