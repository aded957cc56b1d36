namespace Pentode.Daemon.Configuration;

/// <summary>One mount of the lock tree.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Node">Node it acts as; null for the daemon's own. Mounts of different nodes exclude one another.</param>
/// <param name="AllowOther">Other users than the one of the daemon may enter.</param>
public sealed record LocksMountConfiguration(string Path, string? Node, bool AllowOther);
