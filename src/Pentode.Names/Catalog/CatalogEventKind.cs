namespace Pentode.Names.Catalog;

/// <summary>What happened. Stored as a number: never renumber.</summary>
public enum CatalogEventKind
{
    /// <summary>An object was made.</summary>
    Created = 1,

    /// <summary>Another name for an existing object.</summary>
    Linked = 2,

    /// <summary>A name went away, other names remain.</summary>
    Unlinked = 3,

    /// <summary>The last name went away.</summary>
    Removed = 4,

    /// <summary>A name moved; info holds the old parent's id, a slash and the old name.</summary>
    Renamed = 5,

    /// <summary>Attributes changed; info names which.</summary>
    Attributes = 6,

    /// <summary>Content of level 0 to 7 changed; info holds the level.</summary>
    Content = 7,

    /// <summary>A tag changed; info holds its name.</summary>
    Tag = 8,

    /// <summary>A fact about the data changed (location, checksum, pin, state, I/O flag); info says which.</summary>
    Data = 9,

    /// <summary>A removed file came back.</summary>
    Restored = 10,
}
