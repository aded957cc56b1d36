namespace Pentode.Files.Host;

/// <summary>Identity of a host inode.</summary>
/// <param name="Device">Major and minor of the device.</param>
/// <param name="Inode">Inode number.</param>
internal readonly record struct HostKey(ulong Device, ulong Inode);
