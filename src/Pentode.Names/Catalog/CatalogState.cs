namespace Pentode.Names.Catalog;

/// <summary>Where the data of a file is. Stored as a number: never renumber.</summary>
public enum CatalogState
{
    /// <summary>Made, no data registered yet.</summary>
    New = 0,

    /// <summary>Data is at hand.</summary>
    Stored = 1,

    /// <summary>Data is on slow media and must be staged.</summary>
    Nearline = 2,

    /// <summary>Data is lost.</summary>
    Lost = 3,
}
