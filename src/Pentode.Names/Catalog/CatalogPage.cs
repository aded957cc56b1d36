namespace Pentode.Names.Catalog;

/// <summary>Part of a listing.</summary>
/// <param name="Entries">In the order of their cookies.</param>
/// <param name="IsLast">True when nothing followed.</param>
public sealed record CatalogPage(IReadOnlyList<CatalogEntry> Entries, bool IsLast);
