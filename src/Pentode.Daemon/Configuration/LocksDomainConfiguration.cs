using System.IO.Enumeration;
using Pentode.Locks.Manager;

namespace Pentode.Daemon.Configuration;

/// <summary>Options of the domains whose name fits a pattern.</summary>
/// <param name="Pattern">A name, in which * stands for any bytes and ? for one.</param>
/// <param name="Options">The options.</param>
public sealed record LocksDomainConfiguration(string Pattern, LockDomainOptions Options)
{
    /// <summary>True when a name fits.</summary>
    public bool Fits(string name) => FileSystemName.MatchesSimpleExpression(Pattern, name, ignoreCase: false);
}
