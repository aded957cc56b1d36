namespace Pentode.Files.Exports;

/// <summary>
/// A tree that a host may mount. Squashing, read-only and everything else the host is held to are the <see cref="Volume"/>'s business
/// already: two hosts with different rights get different volumes over the same store, whose node handles are interchangeable.
/// </summary>
/// <param name="Path">What clients mount: absolute, no trailing slash unless it is "/".</param>
/// <param name="Id">
/// Goes into file handles: the same for the same <paramref name="Path"/> whichever host asks and however it is held, kept across restarts.
/// A call that brings a handle is served by the grant of that id which the caller's own address has <em>now</em>; none means the handle is stale.
/// </param>
/// <param name="Volume">The tree, rooted where the mount is.</param>
/// <param name="NeedsPrivilegedPort">Only source ports below 1024 may use it.</param>
public sealed record TreeGrant(string Path, ushort Id, Volume Volume, bool NeedsPrivilegedPort);
