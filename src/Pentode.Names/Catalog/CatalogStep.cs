namespace Pentode.Names.Catalog;

/// <summary>A step of a path: a directory and what a name in it leads to, null for nothing; both as they were at one moment.</summary>
public sealed record CatalogStep(CatalogInode Directory, CatalogInode? Child);
