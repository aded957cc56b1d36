using Pentode.Files;

namespace Pentode.NineP.Server;

/// <summary>A tree and the name clients attach it by.</summary>
/// <param name="AttachName">The aname, for example <c>/srv/data</c>.</param>
/// <param name="Volume">The tree.</param>
public sealed record NinePExport(string AttachName, Volume Volume);
