using Pentode.Names.Catalog;

namespace Pentode.Testing.Names;

/// <summary>A place for one store: a file, a database. Disposing it removes everything.</summary>
public abstract class CatalogPlace : IAsyncDisposable
{
    /// <summary>Opens the store, making it at the first time.</summary>
    public abstract Task<ICatalogStore> Open(CatalogOptions options);

    /// <summary>Checks an open store; the problems found, one a line.</summary>
    public abstract Task<string> Problems(ICatalogStore store);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
