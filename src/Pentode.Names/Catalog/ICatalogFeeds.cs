using Pentode.Core;

namespace Pentode.Names.Catalog;

/// <summary>What changed, what was removed, what others must free.</summary>
public interface ICatalogFeeds
{
    /// <summary>Events after a sequence, oldest first.</summary>
    ValueTask<Result<IReadOnlyList<CatalogEvent>>> ListEvents(long after, int limit);

    /// <summary>Completes when an event after that sequence may be there, at the latest when <paramref name="stop"/> is cancelled (no exception).</summary>
    ValueTask WaitForEvents(long after, CancellationToken stop);

    /// <summary>Files in the trash after a sequence, oldest first.</summary>
    ValueTask<Result<IReadOnlyList<CatalogTrashItem>>> ListTrash(long after, int limit);

    /// <summary>Gives a removed file a name again: by default the one it had. ENOENT, EEXIST, ESTALE when the directory is gone. Owner or root, write permission on the directory.</summary>
    ValueTask<Result<CatalogInode>> Restore(CatalogRequest by, long sequence, long? parent, ReadOnlyMemory<byte> name);

    /// <summary>Ends removed files for good: one (owner or root), or with 0 all (root). Returns how many.</summary>
    ValueTask<Result<long>> Purge(CatalogRequest by, long sequence);

    /// <summary>What mass storage shall free, after a sequence, oldest first. Written when a file ends for good: after the grace, never by removal of a level.</summary>
    ValueTask<Result<IReadOnlyList<CatalogReclaim>>> ListReclaim(long after, int limit);

    /// <summary>Takes an item off that queue.</summary>
    ValueTask<Errno> RemoveReclaim(long sequence);
}
