using Pentode.Fuse;

namespace Pentode.Daemon.Configuration;

/// <summary>One item of <c>mounts:</c>: an export shown as a file system of this host.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Export">Name of the export.</param>
/// <param name="Options">How; the source and the log are set by the service.</param>
public sealed record MountConfiguration(string Path, string Export, FuseOptions Options);
