using Pentode.Fuse;

namespace Pentode.Daemon.Services;

/// <summary>A mount in <c>pentode status</c>.</summary>
internal static class MountStatus
{
    public static ServedExport Of(FuseMount mount) =>
        new("mounts", mount.Path, "fuse", ReadOnly: false, 0, () => mount.Session.Requests, static () => 0, static () => 0, () => mount.Session.Errors);
}
