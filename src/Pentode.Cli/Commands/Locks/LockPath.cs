using Pentode.Daemon.Services;
using Pentode.Fuse;
using Pentode.Locks;

namespace Pentode.Cli.Commands.Locks;

/// <summary>Where a lock is found in the file system.</summary>
internal static class LockPath
{
    /// <summary>For the help of every command that takes one.</summary>
    public const string Help = "The lock, as DOMAIN/NAME.";

    /// <summary>The directory the lock tree is mounted on, the first of several; null when there is none.</summary>
    public static string? FindTree()
    {
        // Source, directory, type.
        foreach (var fields in File.ReadLines("/proc/self/mounts").Select(static l => l.Split(' ')))
        {
            if (fields.Length > 2 && fields[2] == FuseMount.Type && fields[0].StartsWith(LocksMounting.SourcePrefix, StringComparison.Ordinal))
                return fields[1].Replace("\\040", " ", StringComparison.Ordinal);
        }

        return null;
    }

    /// <summary>True when the text is DOMAIN/NAME.</summary>
    public static bool IsValid(string text) => LockName.TryParsePath(text, out _, out _);
}
