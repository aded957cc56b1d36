using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>A connection of an engine: what <see cref="CatalogTransaction"/> speaks to.</summary>
internal interface IRowSession
{
    /// <summary>Starts a statement.</summary>
    RowCommand Command(string sql);

    /// <summary>Ends a query of inodes that will be changed: nothing, or a lock on the rows.</summary>
    string ForUpdate { get; }

    /// <summary>Reserves numbers for good, from the returned one up.</summary>
    long ReserveNumbers(int count);

    /// <summary>Numbers reserved later start at that one or above.</summary>
    void SkipNumbers(long first);

    /// <summary>The queries of this read, of which none has run, see the store as of one moment.</summary>
    void Snapshot();

    /// <summary>Until commit no other daemon moves a directory.</summary>
    void LockRenames();

    /// <summary>Adds objects.</summary>
    void AddInodes(IReadOnlyList<CatalogInode> inodes);

    /// <summary>Adds entries, whose objects are there.</summary>
    void AddEntries(IReadOnlyList<(CatalogName Name, CatalogLink Link)> entries);

    /// <summary>Keeps calls none of which is kept yet.</summary>
    void AddCalls(IReadOnlyCollection<CatalogCall> calls);

    /// <summary>Appends events; their order is the order of commits.</summary>
    void AddEvents(IReadOnlyList<CatalogEvent> events);
}
