using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>How a directory of the host is served.</summary>
public sealed record HostTreeOptions
{
    /// <summary>File access runs as the user of the request; needs user 0. Otherwise everything runs as the daemon.</summary>
    public bool ActAsUser { get; init; } = ThreadCredentials.IsRoot;

    /// <summary>Serve file systems mounted below the directory too.</summary>
    public bool CrossMounts { get; init; }

    /// <summary>Let clients make block and character devices.</summary>
    public bool AllowDevices { get; init; }

    /// <summary>Pass all extended attributes, also security.* and trusted.*, and not only user.* and POSIX ACLs.</summary>
    public bool AllExtendedAttributes { get; init; }
}
