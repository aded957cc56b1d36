using System.Net;

namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary>One machine of a cluster that is to be.</summary>
/// <param name="Name">Its name: of the etcd member and of the node.</param>
/// <param name="Host">Address or host name the others reach it by.</param>
internal sealed record ClusterNode(string Name, string Host)
{
    /// <summary>The host as it stands in a URL: an IPv6 address in brackets.</summary>
    public string UrlHost => IPAddress.TryParse(Host, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Host}]" : Host;

    /// <summary>Reads <c>NAME=HOST,…</c>; the problem in words when it is not that.</summary>
    public static (IReadOnlyList<ClusterNode> Nodes, string? Problem) ParseList(string text)
    {
        var nodes = new List<ClusterNode>();
        foreach (var part in text.Split(','))
        {
            var cut = part.IndexOf('=', StringComparison.Ordinal);
            var node = cut < 0 ? new ClusterNode(part, part) : new ClusterNode(part[..cut], part[(cut + 1)..].Trim('[', ']'));
            if (node.Name.Length is 0 or > 63 || node.Name.AsSpan().ContainsAnyExcept(s_nameCharacters))
                return ([], $"'{part}' is not a node: NAME=HOST, the name of letters, digits, '.', '_' and '-'");
            if (Uri.CheckHostName(node.Host) == UriHostNameType.Unknown)
                return ([], $"'{node.Host}' of node {node.Name} is neither an address nor a host name");
            if (nodes.Any(n => n.Name == node.Name || n.Host == node.Host))
                return ([], $"'{part}' repeats the name or the host of another node");
            nodes.Add(node);
        }

        return nodes.Count % 2 == 0
            ? ([], $"{nodes.Count} nodes bear no more losses than {nodes.Count - 1}: give 1, 3, 5 or 7")
            : nodes.Count > 7 ? ([], "more than 7 members make etcd slower, not safer: give 3 or 5 and let the other machines be clients") : (nodes, null);
    }

    private static readonly System.Buffers.SearchValues<char> s_nameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}
