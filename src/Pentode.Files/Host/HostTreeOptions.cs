using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>How a directory of the host is served.</summary>
public sealed record HostTreeOptions
{
    /// <summary>File access runs as the user of the request; needs user 0. Otherwise everything runs as the daemon.</summary>
    public bool ActAsUser { get; init; } = ThreadCredentials.IsRoot;

    /// <summary>
    /// The client's kernel checks permissions, as v9fs does with <c>access=client</c>: it may know groups this host does not. New objects
    /// belong to the user of the request, who is otherwise not held to modes and ownership here. Not for clients that are not trusted with
    /// every user's files, and not together with squashing.
    /// </summary>
    public bool ClientChecks { get; init; }

    /// <summary>Node handles are the kernel's where it gives them; otherwise always inode number and time of birth.</summary>
    public bool UseKernelHandles { get; init; } = true;

    /// <summary>Serve file systems mounted below the directory too.</summary>
    public bool CrossMounts { get; init; }
}
