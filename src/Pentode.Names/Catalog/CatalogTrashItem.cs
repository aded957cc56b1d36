namespace Pentode.Names.Catalog;

/// <summary>A removed file that can still come back.</summary>
/// <param name="Sequence">Position in the trash, grows.</param>
/// <param name="Inode">The file, with 0 links.</param>
/// <param name="Parent">Directory of its last name.</param>
/// <param name="Name">Its last name.</param>
/// <param name="RemovedTime">Nanoseconds since 1970 UTC.</param>
/// <param name="RemovedBy">User who removed it.</param>
public sealed record CatalogTrashItem(long Sequence, CatalogInode Inode, long Parent, byte[] Name, long RemovedTime, uint RemovedBy);
