namespace Pentode.Names.Stores;

/// <summary>What a directory entry holds.</summary>
/// <param name="Child">Number of the object.</param>
/// <param name="Cookie">Position in listings.</param>
internal sealed record CatalogLink(long Child, long Cookie);
