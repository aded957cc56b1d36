using Pentode.Daemon.Configuration;
using Pentode.Files.Exports;

namespace Pentode.Daemon.Services;

/// <summary>A tree and the hosts that may mount it so.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Hosts">Who may.</param>
internal sealed record NfsGrant(TreeGrant Tree, IReadOnlyList<HostRule> Hosts);
