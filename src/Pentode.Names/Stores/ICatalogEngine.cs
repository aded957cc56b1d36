using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>A database below <see cref="CatalogStore"/>.</summary>
internal interface ICatalogEngine : IAsyncDisposable
{
    CatalogInfo Info { get; }

    /// <summary>Other daemons may be at work on it.</summary>
    bool IsShared { get; }

    /// <summary>What its transactions share.</summary>
    CatalogShared Shared { get; }

    /// <summary>Transactions, changes and reads since start.</summary>
    (long Commits, long Changes, long Reads) Work { get; }

    /// <summary>A change: durable when it completes.</summary>
    ValueTask<Result<T>> Change<T>(Func<CatalogTransaction, Result<T>> job, CatalogHint? hint);

    /// <summary>A read; each of its queries sees what was committed before it.</summary>
    ValueTask<Result<T>> Read<T>(Func<CatalogTransaction, Result<T>> job);

    /// <summary>Bytes on disk and bytes free there (0 unknown).</summary>
    (long Stored, long Free) Space(CatalogTransaction transaction);
}
