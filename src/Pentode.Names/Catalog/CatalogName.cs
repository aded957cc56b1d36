namespace Pentode.Names.Catalog;

/// <summary>One of the names of an object.</summary>
/// <param name="Parent">The directory.</param>
/// <param name="Name">Bytes of the name.</param>
public sealed record CatalogName(long Parent, byte[] Name);
