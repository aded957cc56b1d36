namespace Pentode.Names.Catalog;

/// <summary>A place where the data of a file is.</summary>
/// <param name="Kind">0 tape, 1 disk.</param>
/// <param name="Uri">The place, UTF-8.</param>
/// <param name="Priority">Smaller is asked first.</param>
/// <param name="State">1 online, 0 offline.</param>
/// <param name="CreatedTime">Registered, nanoseconds since 1970 UTC.</param>
public sealed record CatalogLocation(int Kind, string Uri, int Priority, int State, long CreatedTime);
