using System.Net;
using Pentode.Files.Exports;

namespace Pentode.Daemon.Services;

/// <summary>What the <c>nfs:</c> section grants. Never changes while the daemon runs.</summary>
internal sealed class NfsHostExports(IReadOnlyList<NfsGrant> grants) : ITreeExports
{
    /// <inheritdoc/>
    public long Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<(string Path, IReadOnlyList<string> Hosts)> Listing =>
        [.. grants.GroupBy(g => g.Tree.Path, StringComparer.Ordinal).Select(g => (g.Key, (IReadOnlyList<string>)[.. g.SelectMany(r => r.Hosts).Select(h => h.Text).Distinct()]))];

    /// <inheritdoc/>
    public IReadOnlyList<TreeGrant> For(IPAddress client)
    {
        // The first line of a path that names the host counts.
        var found = new List<TreeGrant>();
        foreach (var grant in grants)
        {
            if (grant.Hosts.Any(h => h.Matches(client)) && !found.Exists(f => f.Path == grant.Tree.Path))
                found.Add(grant.Tree);
        }

        return found;
    }
}
