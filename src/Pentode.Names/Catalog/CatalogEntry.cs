namespace Pentode.Names.Catalog;

/// <summary>A directory entry with the object it names.</summary>
/// <param name="Name">Bytes of the name.</param>
/// <param name="Cookie">Position: grows along a listing, stays with the entry for its life (also through rename), never 0.</param>
/// <param name="Inode">The object.</param>
public sealed record CatalogEntry(byte[] Name, long Cookie, CatalogInode Inode);
