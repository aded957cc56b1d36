namespace Pentode.Names.Exports;

/// <summary>One line of a file of <c>/admin/etc/exports</c>.</summary>
/// <param name="MountPoint">What clients mount: absolute, no trailing slash.</param>
/// <param name="Path">Directory of the namespace: absolute, no trailing slash unless it is "/".</param>
/// <param name="Io">The third field.</param>
/// <param name="ReadOnly">Option <c>ro</c>.</param>
/// <param name="Squash">Options <c>root_squash</c>, <c>no_root_squash</c>, <c>all_squash</c>.</param>
/// <param name="NeedsPrivilegedPort">Option <c>secure</c>.</param>
public sealed record ExportLine(string MountPoint, string Path, IoMode Io, bool ReadOnly, ExportSquash Squash, bool NeedsPrivilegedPort);
